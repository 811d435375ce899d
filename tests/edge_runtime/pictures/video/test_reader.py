"""Videos with odd headers, names and damage: all that decodes is read, the rest is counted."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.video.reader import read_video
from fakelens.edge_runtime.pictures.video.still import MOST_STILLS, Still, Tally

cv2 = pytest.importorskip("cv2")
SIZE = (96, 64)


def write_video(path: Path, frames: int, *, fps: float = 15, codec: str = "MJPG") -> Path:
    """A grey ramp over time with a little noise."""
    generator = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, SIZE)
    assert writer.isOpened()
    for index in range(frames):
        level = 20 + 200 * index // max(1, frames - 1)
        noise = generator.integers(-9, 10, (SIZE[1], SIZE[0], 3))
        writer.write((level + noise).clip(0, 255).astype(np.uint8))
    writer.release()
    return path


def read(path: Path) -> tuple[list[Still], Tally]:
    tally = Tally()
    return list(read_video(path, tally)), tally


def test_pictures_are_taken_over_the_whole_length(tmp_path: Path) -> None:
    stills, tally = read(write_video(tmp_path / "clip.avi", 90))
    assert len(stills) == MOST_STILLS
    assert (tally.frames, tally.lost) == (90, 0)
    levels = [np.asarray(still.image).mean() for still in stills]
    assert levels == sorted(levels)
    assert levels[0] < 25
    assert levels[-1] > 215
    assert stills[0].image.size == SIZE
    assert stills[-1].seconds == pytest.approx(89 / 15, abs=0.1)


@pytest.mark.parametrize("fps", [15, 1000])
def test_a_lying_rate_does_not_stop_time(tmp_path: Path, fps: int) -> None:
    stills, _ = read(write_video(tmp_path / "clip.avi", 60, fps=fps))
    seconds = [still.seconds for still in stills]
    assert seconds == sorted(set(seconds))
    assert 2 < seconds[-1] < 5


def test_slow_videos_keep_their_stamps(tmp_path: Path) -> None:
    stills, _ = read(write_video(tmp_path / "clip.avi", 20, fps=0.5))
    assert [round(still.seconds) for still in stills] == list(range(0, 40, 2))


def promise_frames(path: Path, frames: int) -> Path:
    """Write another number of frames into both headers of the AVI `path`."""
    content = bytearray(path.read_bytes())
    for chunk, offset in ((b"avih", 24), (b"strh", 40)):
        struct.pack_into("<I", content, content.find(chunk) + offset, frames)
    path.write_bytes(content)
    return path


def test_what_comes_after_the_frames_that_the_header_counts_is_seen(tmp_path: Path) -> None:
    stills, tally = read(promise_frames(write_video(tmp_path / "clip.avi", 500), 50))
    assert (tally.frames, tally.lost) == (500, 0)
    assert np.asarray(stills[-1].image).mean() > 200
    head = [still.frames for still in stills if still.seconds < 50 / 15]
    assert sum(head) == pytest.approx(50)  # a picture stands for what lies around it
    assert sum(still.frames for still in stills) == pytest.approx(500, rel=0.05)


def test_places_of_a_long_video_that_are_not_there_any_more_are_counted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 1600)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    stills, tally = read(path)
    assert len(stills) == 8
    assert tally.skipped == f"{MOST_STILLS - 8} of {MOST_STILLS} places in it do not decode"


def test_reading_goes_on_after_frames_that_do_not_decode(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", 60, codec="mp4v")
    content = bytearray(path.read_bytes())
    (size,) = struct.unpack(">I", content[content.find(b"mdat") - 4 : content.find(b"mdat")])
    start = content.find(b"mdat") + size // 3
    content[start : start + size // 10] = b"\xaa" * (size // 10)
    path.write_bytes(content)
    stills, tally = read(path)
    assert 0 < tally.lost < 30
    assert tally.frames == 60
    assert np.asarray(stills[-1].image).mean() > 200  # the end was reached


@pytest.mark.parametrize("name", [b"cl\xff\xfep.avi", "Zoë.avi".encode(), b"100%03d.avi"])
def test_names_that_opencv_does_not_take(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    write_video(tmp_path / "plain.avi", 9).rename(path)
    assert len(read(path)[0]) == 9


def test_what_is_no_video_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + b"\0" * 99)
    with pytest.raises(ImageError, match="not a video that can be decoded"):
        read(path)
    with pytest.raises(ImageError, match="no such file"):
        read(tmp_path / "missing.mp4")
    path.write_bytes(b"")
    with pytest.raises(ImageError, match=r"the file is empty$"):
        read(path)


def test_check_gives_one_verdict_for_a_video(
    model_file: Path, tmp_path: Path, fakelens: Callable[..., CompletedProcess[str]]
) -> None:
    write_video(tmp_path / "clip.avi", 30)
    page = tmp_path / "page.html"
    done = fakelens("check", tmp_path, "--model", model_file, "--json", "--html", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert '"moments": [{"seconds": 0.0,' in done.stdout
    assert "P(fake) over time" in page.read_text()
    without = fakelens("check", tmp_path, "--model", model_file, blocked=["cv2"])
    assert without.returncode == 2
    assert '1 video skipped: pip install "fakelens[camera]"' in without.stderr
