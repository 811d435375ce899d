"""A picture is opened by what it is."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from fakelens.edge_runtime.pictures.opener import open_any

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_the_content_says_what_a_file_or_a_stream_is(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "named.xyz"
    PHOTO.save(path, kind)
    for source in (path, io.BytesIO(path.read_bytes())):
        with open_any(source) as image:
            assert (image.format, image.size) == (kind, (12, 8))


def test_what_is_no_picture_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_bytes(b"\xff\xd8\xff but no more of a JPEG")
    for source in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(UnidentifiedImageError):
            open_any(source)
