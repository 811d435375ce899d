"""A folder of images as a stream."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.sources.folder import FolderSource
from fakelens.edge_runtime.live.supervisor import CameraConfig, SupervisedSource


def test_each_image_comes_once_in_order_and_a_broken_one_is_left_out(
    save_greys: Callable[[list[int]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = save_greys([10, 20, 30])
    (folder / "001.png").write_text("no picture")
    stream = FolderSource(folder=folder).open()
    for place, level in ((0, 10), (2, 30)):
        image = stream.read()
        assert image is not None
        assert int(np.asarray(image)[0, 0, 0]) == level
        assert stream.current.endswith(f"00{place}.png")
    with pytest.raises(UsageError, match=f"{folder}: 1 of 3 pictures got no answer"):
        stream.read()
    assert "001.png: not an image" in caplog.text


def test_what_a_folder_holds_beside_pictures_is_counted(
    save_greys: Callable[[list[int]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = save_greys([10])
    for name in ("clip.mp4", "notes.txt"):
        (folder / name).touch()
    stream = FolderSource(folder=folder).open()
    assert caplog.messages == [
        f"note: {folder}: left out: 1 video; 1 not an image (give --source a video by its own name)"
    ]
    assert stream.read() is not None
    assert stream.read() is None  # neither of them could have an answer here
    (folder / "gone.jpg").symlink_to("nowhere")
    (folder / "raw.raf").write_bytes(b"FUJIFILMCCD-RAW")
    stream = FolderSource(folder=folder).open()
    assert f"{folder}/gone.jpg: a link to nothing" in caplog.messages
    assert "1 camera raw skipped: develop it to JPEG or TIFF first; 1 video; 1 not" in caplog.messages[-1]
    assert stream.read() is not None
    with pytest.raises(UsageError, match="2 of 3 pictures got no answer"):
        stream.read()
    (folder / "000.png").unlink()
    with pytest.raises(UsageError, match=r"no images in this folder; 1 camera raw .* by its own name"):
        FolderSource(folder=folder).open()


def test_what_is_looked_at_in_part_has_a_note(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    red, blue = (Image.effect_noise((64, 64), 60).convert("RGB") for _ in range(2))
    red.save(tmp_path / "a.gif", save_all=True, append_images=[blue])
    red.save(tmp_path / "b.tif", save_all=True, append_images=[blue])
    red.save(tmp_path / "c.jpg")
    (tmp_path / "c.jpg").write_bytes((tmp_path / "c.jpg").read_bytes()[:-2])
    blue.save(tmp_path / "d.png")
    stream = FolderSource(folder=tmp_path).open()
    notes = []
    while stream.read() is not None:
        notes.append(stream.note)
    assert [note and note.partition(",")[0] for note in notes] == [
        "the first picture of an animation; `fakelens check` looks at the others too",
        "the first of several pictures in this file",
        "the end of the file is missing",
        None,
    ]
    assert caplog.messages[0] == f"note: {tmp_path}/a.gif: {notes[0]}"
    assert len(caplog.messages) == 3


def test_a_followed_folder_counts_what_it_leaves_out_once(
    save_greys: Callable[[list[int]], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("fakelens.edge_runtime.live.sources.folder._POLL_S", 0.02)
    folder = save_greys([10])
    (folder / "notes.txt").touch()
    stream = FolderSource(folder=folder, follow=True).open()
    assert stream.read() is not None
    (folder / "more.txt").touch()
    (folder / "raw.raf").write_bytes(b"FUJIFILMCCD-RAW")
    threading.Timer(0.3, stream.stop_waiting).start()
    assert stream.read() is None
    assert caplog.messages == [
        f"note: {folder}: left out: 1 not an image",
        f"note: {folder}: left out: 1 camera raw skipped: develop it to JPEG or TIFF first",
    ]


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no images"):
        FolderSource(folder=tmp_path).open()


def test_with_follow_new_and_rewritten_pictures_come_too(
    save_greys: Callable[[list[int]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakelens.edge_runtime.live.sources.folder._POLL_S", 0.02)
    folder = save_greys([10])
    stream = FolderSource(folder=folder, follow=True).open()

    def read_level() -> int:
        image = stream.read()
        assert image is not None
        return int(np.asarray(image)[0, 0, 0])

    assert read_level() == 10
    picture = Image.new("RGB", (8, 8), (90, 90, 90))
    later = threading.Timer(0.1, lambda: picture.save(folder / "later.png"))
    later.start()
    assert read_level() == 90
    Image.new("RGB", (8, 9), (30, 30, 30)).save(folder / "000.png")
    assert read_level() == 30
    threading.Timer(0.1, stream.stop_waiting).start()
    assert stream.read() is None


def test_an_empty_folder_can_be_followed_and_ending_does_not_wait(tmp_path: Path) -> None:
    camera = SupervisedSource(
        FolderSource(folder=tmp_path, follow=True), CameraConfig(stall_s=0.01, close_s=30)
    )
    for _ in range(3):
        assert camera.take(0.05) is None
    assert [change.state for change in camera.changes] == []  # no stall, no error
    start = time.monotonic()
    camera.close()
    assert time.monotonic() - start < 20
