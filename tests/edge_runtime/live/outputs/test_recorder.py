"""The recording around a change to FAKE."""

import json
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import SinkError
from fakelens.edge_runtime.live.outputs.recorder import Recorder, RecorderConfig
from fakelens.edge_runtime.live.status import LiveStatus

MakeStatus = Callable[..., LiveStatus]
NOISE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def watch(
    recorder: Recorder, make_status: MakeStatus, labels: str, fps: float = 10, start_s: float = 0
) -> None:
    """Show a frame a letter: r is REAL, f is FAKE, u is UNSURE; its first row tells which one it is."""
    names = {"r": Label.REAL, "f": Label.FAKE, "u": Label.UNSURE}
    for number, letter in enumerate(labels):
        pixels = NOISE.copy()
        pixels[0] = number % 256
        status = make_status(label=names[letter], frame_time_s=start_s + number / fps)
        recorder.update(status, Image.fromarray(pixels))
        recorder.update(status, None)  # heartbeats in between change nothing


def test_a_change_to_fake_is_kept_with_what_was_before_and_after(
    tmp_path: Path, make_status: MakeStatus
) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, before_s=1, after_s=2, fps=5))
    watch(recorder, make_status, "r" * 30 + "f" * 60)
    (event,) = tmp_path.iterdir()
    frames = sorted(event.glob("*.jpg"))
    # 10 frames a second, every other is kept: those of the second before and of the 2 s from the change on.
    assert 15 <= len(frames) <= 17
    assert np.asarray(Image.open(frames[0]))[0].mean() == pytest.approx(20, abs=40)
    change = np.asarray(Image.open(event / "change.png"))
    np.testing.assert_array_equal(change[1:], NOISE[1:])  # lossless: a JPEG would have hidden traces
    assert (change[0] == 30).all()
    told = json.loads((event / "event.json").read_text())
    assert told["verdict"] == "fake"
    cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")
    clip = cv2.VideoCapture(str(event / "clip.avi"), cv2.CAP_FFMPEG)
    assert clip.get(cv2.CAP_PROP_FRAME_COUNT) == len(frames)


def test_only_a_change_to_fake_is_an_event(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path))
    watch(recorder, make_status, "rruurruu" * 5)
    assert not list(tmp_path.iterdir())
    watch(recorder, make_status, "f" * 200)  # an event that goes on is one
    recorder.close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_second_change_while_recording_prolongs_it(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, before_s=0, after_s=1, fps=10))
    watch(recorder, make_status, "rffffrfffffffffffffffffffffffff")
    (event,) = tmp_path.iterdir()
    assert 15 <= len(list(event.glob("*.jpg"))) <= 18  # until a second after the second change


def test_an_event_that_is_cut_short_has_a_clip_all_the_same(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path))
    watch(recorder, make_status, "rrrrrff")
    recorder.close()
    (event,) = tmp_path.iterdir()
    assert b"idx1" in (event / "clip.avi").read_bytes()


def test_a_clip_ends_where_the_frame_size_changes(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, fps=10))
    watch(recorder, make_status, "rrff")
    for number in range(4, 9):
        status = make_status(label=Label.FAKE, frame_time_s=number / 10)
        recorder.update(status, Image.new("RGB", (32, 24)))
    recorder.close()
    (event,) = tmp_path.iterdir()
    assert len(list(event.glob("*.jpg"))) == 9
    cv2 = pytest.importorskip("cv2", reason="needs the [camera] extra")
    assert cv2.VideoCapture(str(event / "clip.avi")).get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_space_is_limited_and_the_oldest_goes(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, limit_bytes=300_000, after_s=1))
    for round_ in range(12):
        watch(recorder, make_status, "r" * 20 + "f" * 20, start_s=round_ * 4)
        used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert used < 300_000 * 5 // 4  # the one under way comes on top
    assert 2 <= len(list(tmp_path.iterdir())) < 12


def test_an_event_without_end_takes_a_quarter_of_the_space_at_most(
    tmp_path: Path, make_status: MakeStatus
) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, limit_bytes=400_000, after_s=1e6))
    watch(recorder, make_status, "r" * 20 + "f" * 500)
    used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert 80_000 < used < 130_000


def test_memory_holds_a_few_frames_however_long_nothing_happens(
    make_status: MakeStatus, tmp_path: Path
) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path, before_s=1e6, memory_bytes=50_000, fps=100))
    watch(recorder, make_status, "r" * 300)
    watch(recorder, make_status, "f", start_s=40)
    (event,) = tmp_path.iterdir()
    assert 30_000 < sum(path.stat().st_size for path in event.glob("*.jpg")) <= 60_000


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path))
    watch(recorder, make_status, "rrr")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (5000, hard)
    )  # the system refuses to write on, as a full disk does
    try:
        with pytest.raises(SinkError, match=r"--record .* is off: File too large"):
            watch(recorder, make_status, "ff", start_s=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="name another folder"):
        Recorder(RecorderConfig(folder=tmp_path / "file"))


def test_what_a_killed_run_began_is_no_evidence(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path))
    watch(recorder, make_status, "rrrff")  # the event goes on, as in a run that is killed here
    (event,) = tmp_path.iterdir()
    assert not (event / "clip.avi").exists()
    Image.open(event / "change.png").load()
    (event / ".change.png.half").write_bytes(b"half")
    Recorder(RecorderConfig(folder=tmp_path))
    assert not list(event.glob(".*"))
    assert list(event.glob("*.jpg"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "fakelens", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_the_oldest_goes_and_the_newest_is_kept(
    small_disk: Path, make_status: MakeStatus
) -> None:
    recorder = Recorder(RecorderConfig(folder=small_disk, after_s=1))
    for round_ in range(8):
        watch(recorder, make_status, "r" * 20 + "f" * 20, start_s=round_ * 4)
    kept = sorted(small_disk.iterdir())
    assert 1 <= len(kept) < 8
    for event in kept:
        Image.open(event / "change.png").load()
        json.loads((event / "event.json").read_text())
        for frame in event.glob("*.jpg"):
            Image.open(frame).load()


def test_a_disk_full_of_other_things_costs_an_event_and_no_more(
    small_disk: Path, make_status: MakeStatus, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(RecorderConfig(folder=small_disk, after_s=1))
    (small_disk / "other").write_bytes(bytes(390_000))
    watch(recorder, make_status, "r" * 20 + "f" * 20)
    assert [path.name for path in small_disk.iterdir()] == ["other"]
    assert caplog.text.count("the disk is full") == 1
    (small_disk / "other").unlink()
    watch(recorder, make_status, "r" * 20 + "f" * 20, start_s=4)
    assert len(list(small_disk.iterdir())) == 1


def test_a_picture_that_no_jpeg_can_hold_is_recorded(tmp_path: Path, make_status: MakeStatus) -> None:
    recorder = Recorder(RecorderConfig(folder=tmp_path))
    wide = Image.new("RGB", (66_000, 8))
    for second, label in enumerate((Label.REAL, Label.FAKE)):
        recorder.update(make_status(label=label, frame_time_s=float(second)), wide)
    (event,) = tmp_path.iterdir()
    assert Image.open(event / "change.png").size == wide.size
