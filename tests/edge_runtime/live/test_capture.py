"""One connection, read in the background: the newest frame of a camera, every frame of a file."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.errors import CameraError
from fakelens.edge_runtime.live.capture import Capture, RepeatLimit
from fakelens.edge_runtime.live.sources.faulty import make_rehearsal
from fakelens.edge_runtime.live.sources.folder import FolderSource


class BlockedSource:
    """A device whose driver does not come back before the test lets it."""

    name, live, remote, interval_s = "blocked", True, False, None

    def __init__(self) -> None:
        self.release = threading.Event()
        self.closed = False

    def open(self) -> "BlockedSource":
        return self

    def read(self) -> np.ndarray:
        self.release.wait(10)
        return np.zeros((4, 4, 3), np.uint8)

    def close(self) -> None:
        self.closed = True


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_of_a_camera_the_newest_frame_counts_and_the_others_are_counted() -> None:
    source = make_rehearsal("loop?fps=1000&frames=50&width=32&height=24")
    capture = Capture(source, RepeatLimit())
    capture.start()
    wait_for(lambda: capture.finished)
    newest = capture.take(0)
    assert newest is not None
    expected = make_rehearsal("loop?width=32&height=24").next_picture
    pictures = [expected() for _ in range(50)]
    np.testing.assert_array_equal(np.asarray(newest.pixels), np.asarray(pictures[49]))
    assert capture.take(0) is None
    assert (capture.frames, capture.dropped, capture.error) == (50, 49, None)
    assert capture.join(1)


def test_of_a_folder_every_frame_waits_for_its_turn(save_greys: Callable[[list[int]], Path]) -> None:
    capture = Capture(FolderSource(folder=save_greys([1, 2, 3, 4])), RepeatLimit())
    capture.start()
    frames = []
    while not (capture.finished and not capture.waiting):
        time.sleep(0.02)
        frame = capture.take(0.5)
        if frame is not None:
            frames.append((int(np.asarray(frame.to_image())[0, 0, 0]), frame.time_s))
    assert frames == [(1, 0.0), (2, 1.0), (3, 2.0), (4, 3.0)]
    assert capture.dropped == 0


def test_a_reader_that_waits_for_its_consumer_can_be_let_go(save_greys: Callable[[list[int]], Path]) -> None:
    capture = Capture(FolderSource(folder=save_greys([1, 2, 3, 4])), RepeatLimit())
    capture.start()
    wait_for(lambda: capture.waiting)
    capture.leave()
    assert capture.join(2)
    assert capture.frames == capture.dropped


def test_a_blocked_driver_holds_nobody_up_and_is_closed_when_it_comes_back() -> None:
    source = BlockedSource()
    capture = Capture(source, RepeatLimit())
    capture.start()
    start = time.monotonic()
    assert capture.take(0.05) is None
    capture.leave()
    assert not capture.join(0.05)
    assert time.monotonic() - start < 5
    source.release.set()
    assert capture.join(2)
    assert source.closed
    assert capture.dropped == 1  # what came too late is not handed out
    assert capture.take(0) is None


def test_a_frame_repeated_at_absurd_rate_is_a_broken_driver() -> None:
    capture = Capture(make_rehearsal("repeat?fps=500&every=5&width=32&height=24"), RepeatLimit(frames=100))
    capture.start()
    wait_for(lambda: capture.finished)
    assert isinstance(capture.error, CameraError)
    assert "repeats one frame" in str(capture.error)


def test_a_still_scene_at_a_cameras_rate_is_none(save_greys: Callable[[list[int]], Path]) -> None:
    source = make_rehearsal(f"loop?images={save_greys([50])}&fps=150&frames=120")
    capture = Capture(source, RepeatLimit(frames=50))
    capture.start()
    wait_for(lambda: capture.finished)
    assert capture.error is None


def test_whatever_a_driver_raises_is_told_without_credentials() -> None:
    class Odd(BlockedSource):
        def read(self) -> np.ndarray:
            raise RuntimeError("no route to rtsp://user:secret@host/x")

    capture = Capture(Odd(), RepeatLimit())
    capture.start()
    wait_for(lambda: capture.finished)
    assert str(capture.error) == "blocked: no route to rtsp://***@host/x"
