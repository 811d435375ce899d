"""A camera that goes wrong is connected to again, and every change is told."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from fakelens.edge_runtime.errors import CameraError
from fakelens.edge_runtime.live.capture import RepeatLimit
from fakelens.edge_runtime.live.sources.faulty import make_rehearsal
from fakelens.edge_runtime.live.status import CameraState
from fakelens.edge_runtime.live.supervisor import CameraConfig, SupervisedSource

QUICK = CameraConfig(
    stall_s=0.25,
    restart_s=1.0,
    retry_first_s=0.02,
    retry_most_s=0.08,
    close_s=0.1,
    repeats=RepeatLimit(frames=50),
)
RATE = "fps=200&width=32&height=24"
R, S, X, E = (
    CameraState.RUNNING,
    CameraState.STALLED,
    CameraState.RECONNECTING,
    CameraState.STOPPED,
)


class Device:
    """A device of which a test says what each connection does: a list of frames, pauses and errors."""

    name, live, remote, interval_s = "device", True, False, None

    def __init__(self, *plays: list[object], remote: bool = False) -> None:
        self.plays, self.opened, self.remote = list(plays), [], remote
        self.release = threading.Event()

    def open(self) -> "Connection":
        self.opened.append(time.monotonic())
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        if play and isinstance(play[0], Exception):
            raise play[0]
        return Connection(list(play), self.release)


class Connection:
    interval_s = None

    def __init__(self, play: list[object], release: threading.Event) -> None:
        self.play, self.release, self.number = play, release, 0

    def read(self) -> np.ndarray | None:
        what = self.play.pop(0) if self.play else None
        if isinstance(what, Exception):
            raise what
        if what == "block":
            self.release.wait(20)
            raise CameraError("device: it came back")
        time.sleep(0.005)
        self.number += 1
        return None if what is None else np.full((4, 4, 3), self.number % 256, np.uint8)

    def close(self) -> None:
        self.play.clear()


def watch(camera: SupervisedSource, seconds: float = 10.0, until: Callable[[], bool] = lambda: False) -> int:
    """Take frames until the camera ends, or `until`; how many there were."""
    deadline, frames = time.monotonic() + seconds, 0
    while not camera.ended and not until() and time.monotonic() < deadline:
        frames += camera.take(0.01) is not None
    return frames


def list_states(camera: SupervisedSource) -> list[CameraState]:
    return [change.state for change in camera.changes]


def test_a_disconnected_camera_comes_back() -> None:
    camera = SupervisedSource(make_rehearsal(f"disconnect?{RATE}&every=20&frames=50"), QUICK)
    assert camera.state is CameraState.STARTING
    frames = watch(camera)
    camera.close()
    assert list_states(camera) == [R, X, R, X, R, E]
    assert camera.reconnects == 2
    assert frames + camera.dropped == 50
    reasons = [change.error for change in camera.changes if change.state is X]
    assert all("disconnected, as rehearsed" in (reason or "") for reason in reasons)


def test_frames_dropped_by_connections_that_are_gone_stay_counted() -> None:
    camera = SupervisedSource(
        make_rehearsal("disconnect?fps=1000&width=32&height=24&every=20&frames=70"), QUICK
    )
    frames = 0
    while not camera.ended:
        frames += camera.take(0.01) is not None
        time.sleep(0.005)
    camera.close()
    assert camera.dropped > 5
    assert frames + camera.dropped == 70


def test_a_short_stall_is_told_and_waited_out() -> None:
    camera = SupervisedSource(make_rehearsal(f"stall?{RATE}&every=20&frames=30&seconds=0.6"), QUICK)
    watch(camera)
    assert list_states(camera) == [R, S, R, E]
    assert "no frame for 0." in (camera.changes[1].error or "")
    assert camera.reconnects == 0


def test_a_long_stall_is_connected_anew_though_the_driver_is_blocked() -> None:
    device = Device([1, 2, 3, "block"], [1, 2, 3, None])
    camera = SupervisedSource(device, QUICK)
    threads = threading.active_count()
    watch(camera)
    assert list_states(camera) == [R, S, X, R, E]
    camera.close()
    device.release.set()
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == threads


def test_a_slow_camera_is_not_stalled_between_its_frames() -> None:
    camera = SupervisedSource(
        make_rehearsal("loop?fps=3&frames=6&width=32&height=24"), QUICK
    )  # 333 ms, over stall_s
    watch(camera)
    assert S not in list_states(camera)[2:]  # the first interval is not known yet


def test_a_slow_consumer_is_no_stall() -> None:
    camera = SupervisedSource(make_rehearsal(f"loop?{RATE}&frames=100"), QUICK)
    while not camera.ended:
        camera.take(0.01)
        time.sleep(0.4)
        camera.watch()
    assert list_states(camera) == [R, E]


def test_a_repeated_frame_is_connected_anew() -> None:
    camera = SupervisedSource(make_rehearsal(f"repeat?{RATE}&every=20&frames=150"), QUICK)
    watch(camera)
    assert list_states(camera)[:3] == [R, X, R]
    assert "repeats one frame" in (camera.changes[1].error or "")


def test_attempts_are_paced_ever_slower_up_to_a_limit() -> None:
    gone = [CameraError("device: gone")]
    device = Device([1, 2, CameraError("device: gone")], gone)
    camera = SupervisedSource(device, QUICK)
    watch(camera, until=lambda: len(device.opened) >= 7)
    camera.close()
    pauses = np.diff(device.opened)
    assert (pauses[:3] > [0.02, 0.04, 0.08]).all()
    assert (pauses[3:] > 0.08).all()
    assert pauses.max() < 5
    assert [change for change in camera.changes if change.state is X] == [camera.changes[1]]  # told once


def test_a_few_frames_now_and_then_do_not_quicken_the_attempts() -> None:
    device = Device([1, 2, 3, CameraError("device: gone")])
    camera = SupervisedSource(device, QUICK)
    watch(camera, until=lambda: len(device.opened) >= 6)
    camera.close()
    assert (np.diff(device.opened)[2:] > 0.08).all()


def test_a_camera_that_never_gave_a_frame_is_given_up() -> None:
    for play in ([CameraError("device: not there")], ["block"]):
        camera = SupervisedSource(Device(play), QUICK)
        with pytest.raises(CameraError, match=r"not there|no answer for"):
            watch(camera)
        assert list_states(camera) == [E]
        camera.close()


def test_a_stream_is_waited_for_from_the_start() -> None:
    gone = [CameraError("device: gone")]
    camera = SupervisedSource(Device(gone, gone, [1, 2, None], remote=True), QUICK)
    assert watch(camera) > 0
    assert list_states(camera) == [X, R, E]
    assert camera.reconnects == 0  # it was never there before


def test_threads_blocked_in_a_driver_do_not_pile_up() -> None:
    device = Device([1, "block"])
    camera = SupervisedSource(device, QUICK)
    threads = threading.active_count()
    watch(camera, seconds=5)
    assert threading.active_count() - threads <= 4
    assert len(device.opened) == 3
    start = time.monotonic()
    camera.close()
    assert time.monotonic() - start < 5
    device.release.set()


def test_an_error_on_reading_a_file_is_no_reason_to_play_it_again() -> None:
    device = Device([1, 2, CameraError("device: damaged")])
    device.live = False
    with pytest.raises(CameraError, match="damaged"):
        watch(SupervisedSource(device, QUICK))
    assert len(device.opened) == 1
