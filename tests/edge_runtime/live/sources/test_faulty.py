"""Test sources go wrong on purpose, each time in the same way."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.edge_runtime.errors import CameraError
from fakelens.edge_runtime.live.sources.faulty import Rehearsal, RehearsalSource, make_rehearsal

QUICK = "fps=5000&width=32&height=24"


def play(source: RehearsalSource, frames: int) -> list[tuple[int, ...] | str]:
    """Read about so many frames; sizes of those that came, and what broke."""
    told: list[tuple[int, ...] | str] = []
    stream = last = None
    while source.given < frames:
        try:
            stream = stream or source.open()
            pixels = stream.read()
            assert isinstance(pixels, np.ndarray)
            told.append(pixels.shape)
            stream, last = None if pixels is last else stream, pixels  # repeated: connect anew
        except CameraError as error:
            told.append(str(error).partition(": ")[2])
            stream = None
    return told


def test_a_loop_goes_through_the_images_again_and_again(save_greys: Callable[[list[int]], Path]) -> None:
    stream = make_rehearsal(f"loop?images={save_greys([10, 20, 30])}&fps=5000&frames=7").open()
    levels = []
    while (image := stream.read()) is not None:
        assert isinstance(image, Image.Image)
        levels.append(int(np.asarray(image)[0, 0, 0]))
    assert levels == [10, 20, 30, 10, 20, 30, 10]


def test_frames_come_at_the_rate_that_was_asked_for() -> None:
    stream = make_rehearsal("loop?fps=100&width=32&height=24").open()
    start = time.monotonic()
    for _ in range(30):
        stream.read()
    assert 0.25 < time.monotonic() - start < 10


def test_a_disconnect_breaks_each_hundredth_frame() -> None:
    told = play(make_rehearsal(f"disconnect?{QUICK}&every=10"), 35)
    assert [place for place, what in enumerate(told) if isinstance(what, str)] == [10, 21, 32]
    assert told[10] == "disconnected, as rehearsed"


def test_a_changed_size_stays_until_the_next_change() -> None:
    told = play(make_rehearsal(f"resize?{QUICK}&every=10"), 30)
    assert told == [(24, 32, 3)] * 10 + [(12, 16, 3)] * 10 + [(24, 32, 3)] * 10


def test_a_stall_takes_its_time() -> None:
    source = make_rehearsal(f"stall?{QUICK}&every=5&seconds=0.5")
    stream = source.open()
    times = []
    for _ in range(7):
        start = time.monotonic()
        stream.read()
        times.append(time.monotonic() - start)
    stalled = times.pop(5)
    assert stalled > 0.49 > statistics.median(times)


def test_a_repeated_frame_comes_without_a_pause() -> None:
    stream = make_rehearsal("repeat?fps=20&every=2&width=32&height=24").open()
    first, second, third = (stream.read() for _ in range(3))
    assert not np.array_equal(np.asarray(first), np.asarray(second))
    start = time.monotonic()
    assert all(stream.read() is third for _ in range(100))
    assert time.monotonic() - start < 4  # of the 5 s that 100 others would take


def test_random_faults_are_the_same_for_a_seed_and_of_every_kind() -> None:
    text = f"faults?{QUICK}&every=5&seconds=0.001&seed="
    first, again, other = (play(make_rehearsal(text + seed), 150) for seed in ("1", "1", "2"))
    assert first == again != other
    source = make_rehearsal(text + "1")
    play(source, 150)
    assert set(source.faults) == set(Rehearsal) - {Rehearsal.LOOP, Rehearsal.FAULTS}
    assert "connection refused, as rehearsed" in first
