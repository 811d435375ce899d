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
    levels = []
    while (image := stream.read()) is not None:
        levels.append(int(np.asarray(image)[0, 0, 0]))
        assert stream.current.endswith(f"00{len(levels) * 2 - 2}.png")
    assert levels == [10, 30]
    assert "001.png: not an image" in caplog.text


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
