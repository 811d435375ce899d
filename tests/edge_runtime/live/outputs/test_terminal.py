"""Lines for a person at a terminal."""

import io
from collections.abc import Callable

import pytest

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.outputs.terminal import TerminalSink
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.provenance.evidence import Evidence, Strength

MakeStatus = Callable[..., LiveStatus]


def write(*statuses: LiveStatus) -> list[str]:
    stream = io.StringIO()
    sink = TerminalSink(stream)
    for status in statuses:
        sink.update(status, None)
    sink.close()
    return [line.partition("  ")[2] for line in stream.getvalue().splitlines()]


def test_one_line_a_change(make_status: MakeStatus) -> None:
    starting = make_status(state=CameraState.STARTING, label=None)
    real, fake = make_status(label=Label.REAL, p_fake=0.1), make_status()
    gone = make_status(state=CameraState.RECONNECTING, error="0: unplugged")
    stopped = make_status(state=CameraState.STOPPED)
    assert write(starting, real, real, real, fake, fake, gone, gone, fake, stopped) == [
        "camera running: 0",
        "REAL   P(fake) 0.100",
        "FAKE   P(fake) 0.900",
        "camera reconnecting: 0: unplugged",
        "camera running: 0",
        "camera stopped: 0",
        "120 frames checked, 3 passed unchecked, 1 reconnects",
    ]


def test_unsure_says_why_and_a_picture_how_it_was_read(make_status: MakeStatus) -> None:
    unsure = make_status(label=Label.UNSURE, p_fake=0.2, reason=Reason.COMPRESSED, note="first of 3 pictures")
    fake = make_status(reason=Reason.COMPRESSED)  # of the last frame; the verdict is of those before, too
    assert write(unsure, fake)[1:] == [
        f"UNSURE P(fake) 0.200  (first of 3 pictures)  ({Reason.COMPRESSED.text})",
        "FAKE   P(fake) 0.900",
    ]


def test_what_a_file_says_is_written_once(make_status: MakeStatus) -> None:
    note = Evidence(source="file", strength=Strength.NOTE, what="not searched")
    both = [make_status(label=label, evidence=(note,)) for label in (Label.REAL, Label.FAKE)]
    lines = write(*both, *both, make_status(label=Label.REAL, evidence=(note,), source="b.png"))
    assert [line.strip() for line in lines if "not searched" in line] == ["note: not searched"] * 2


def test_a_camera_that_is_not_there_is_left_to_the_error(make_status: MakeStatus) -> None:
    starting = make_status(state=CameraState.STARTING, label=None)
    assert write(starting, make_status(state=CameraState.STOPPED, error="0: not there", label=None)) == []


def test_only_a_start_that_takes_long_is_told(
    make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting = make_status(state=CameraState.STARTING, label=None)
    assert write(starting, starting, starting) == []
    monkeypatch.setattr("fakelens.edge_runtime.live.outputs.terminal._START_S", 0.0)
    assert write(starting, starting, starting) == ["camera starting: 0"]
