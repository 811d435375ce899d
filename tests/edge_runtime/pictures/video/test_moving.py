"""One way to the pictures of all that moves."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig
from fakelens.edge_runtime.pictures.video.moving import read_moving
from tests.edge_runtime.pictures.video.test_reader import write_video


def test_a_video_and_an_animation_give_their_pictures(tmp_path: Path) -> None:
    greys = [Image.fromarray(np.full((9, 9, 3), level, np.uint8)) for level in (10, 90, 200)]
    greys[0].save(tmp_path / "a.gif", save_all=True, append_images=greys[1:], duration=100)
    video = write_video(tmp_path / "a.avi", 5)
    config = DecodeConfig(strict=False)
    assert len(list(read_moving(video, config))) == 5
    assert len(list(read_moving(tmp_path / "a.gif", config))) == 3
    assert len(list(read_moving((tmp_path / "a.gif").read_bytes(), config))) == 3
    video.write_bytes(b"RIFF\0\0\0\0AVI LIST")
    with pytest.raises(ImageError, match="not a video that can be decoded"):
        list(read_moving(video, config))
