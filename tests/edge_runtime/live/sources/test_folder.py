"""A folder of images as a stream."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.sources.folder import FolderSource


def test_each_image_comes_once_in_order_and_a_broken_one_is_left_out(
    save_greys: Callable[[list[int]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = save_greys([10, 20, 30])
    (folder / "001.png").write_text("no picture")
    stream = FolderSource(folder=folder).open()
    levels = []
    while (image := stream.read()) is not None:
        levels.append(int(np.asarray(image)[0, 0, 0]))
    assert levels == [10, 30]
    assert "001.png: not an image" in caplog.text


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no images"):
        FolderSource(folder=tmp_path).open()
