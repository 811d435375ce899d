"""The watchdog against a socket as systemd opens one, and within the lifetime of a real process."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fakelens.edge_runtime.live.outputs.systemd import WatchdogSink
from fakelens.edge_runtime.live.status import CameraState, LiveStatus

MakeStatus = Callable[..., LiveStatus]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The receiving end of $NOTIFY_SOCKET; reading from it never waits."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.delenv("WATCHDOG_USEC", raising=False)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield receiver


def read_lines(receiver: socket.socket) -> list[str]:
    lines: list[str] = []
    while True:
        try:
            lines += receiver.recv(4096).decode().split("\n")
        except BlockingIOError:
            return lines


def test_it_reports_readiness_once_then_what_it_sees_then_the_end(
    systemd: socket.socket, make_status: MakeStatus
) -> None:
    sink = WatchdogSink()
    assert read_lines(systemd) == []  # nothing runs yet
    sink.update(make_status(), None)
    assert read_lines(systemd) == ["READY=1", "STATUS=running, FAKE P(fake) 0.90, 12.3 frames/s"]
    sink.update(make_status(), None)
    assert read_lines(systemd) == []  # a line a second is enough
    time.sleep(1.05)
    sink.update(
        make_status(state=CameraState.RECONNECTING, error="no\nanswer", label=None, p_fake=None), None
    )
    assert read_lines(systemd) == ["STATUS=reconnecting, 12.3 frames/s, no answer"]
    sink.close()
    assert read_lines(systemd) == ["STOPPING=1"]


def test_the_watchdog_is_fed_at_half_its_interval_and_by_statuses_alone(
    systemd: socket.socket, make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    sink = WatchdogSink()
    fed: list[int] = []
    for now_ms in range(10_000, 11_100, 10):
        monkeypatch.setattr(time, "monotonic", lambda now_ms=now_ms: now_ms / 1e3)
        sink.update(make_status(state=CameraState.STALLED), None)
        fed += [now_ms] * read_lines(systemd).count("WATCHDOG=1")
    assert len(fed) == 6  # at 0, .2, .4, ... seconds
    assert all(200 <= later - earlier <= 210 for earlier, later in pairwise(fed))
    time.sleep(0.5)
    assert read_lines(systemd) == []  # the loop hangs: systemd is to notice
    sink.close()


def test_a_watchdog_meant_for_another_process_is_not_fed(
    systemd: socket.socket, make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    sink = WatchdogSink()
    sink.update(make_status(), None)
    assert "WATCHDOG=1" not in read_lines(systemd)
    sink.close()


def test_an_abstract_socket_is_reached(make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"fakelens-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{name}")
        receiver.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        sink = WatchdogSink()
        sink.update(make_status(), None)
        assert "READY=1" in read_lines(receiver)
        sink.close()


def test_without_systemd_it_does_nothing(make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sink = WatchdogSink()
    sink.update(make_status(), None)
    sink.close()


def test_a_systemd_that_went_away_does_not_end_the_loop(
    systemd: socket.socket, make_status: MakeStatus
) -> None:
    sink = WatchdogSink()
    systemd.close()
    sink.update(make_status(), None)
    sink.close()
