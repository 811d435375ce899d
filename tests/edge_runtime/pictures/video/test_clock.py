"""When frames are shown: stamps are believed where they say more than a rate that is not."""

from types import SimpleNamespace
from typing import Any

import pytest

from fakelens.edge_runtime.pictures.video.clock import Clock, VideoHeader, read_header

cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")


def stamped(seconds: float) -> Any:
    return SimpleNamespace(get=lambda _: seconds * 1e3)


def say(frames: float, fps: float) -> Any:
    values = {cv2.CAP_PROP_FRAME_COUNT: frames, cv2.CAP_PROP_FPS: fps}
    return SimpleNamespace(get=values.__getitem__)


@pytest.mark.parametrize(("fps", "believed"), [(0.2, 0.2), (60.0, 60.0), (1000.0, 25.0), (0.0, 25.0)])
def test_rates_of_webcams_and_slow_motion_are_believed(fps: float, believed: float) -> None:
    assert read_header(say(10, fps)).fps == believed


@pytest.mark.parametrize("frames", [float("nan"), -5.0, 0.0, 1e12])
def test_a_length_that_cannot_be_is_none(frames: float) -> None:
    assert read_header(say(frames, 25.0)).frames == 0


def test_stamps_go_first_and_a_rate_takes_over_where_they_stop() -> None:
    clock = Clock(VideoHeader(frames=3, fps=10.0))
    assert [clock.tell(stamped(at), index) for index, at in enumerate([0.0, 2.0, 1.0])] == [0.0, 2.0, 2.0]
    assert clock.tell(stamped(0.0), 30) == 3.0


def test_stamps_beside_an_unbelievable_rate_count_where_they_say_something_else() -> None:
    header = VideoHeader(frames=2, fps=25.0, doubted_fps=1000.0)
    assert Clock(header).tell(stamped(0.033), 1) == 0.033  # as browsers record
    assert Clock(header).tell(stamped(0.050), 50) == 2.0  # the rate once more
