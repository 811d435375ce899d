"""A JPEG that lacks only its end is a picture with a note; one that lacks more is refused."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.jpeg_end import has_all_scans
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, DecodedImage, decode_image, load_image

LENIENT = DecodeConfig(strict=False)
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 120, (160, 96, 3), np.uint8))


def encode(**options: Any) -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def decode(content: bytes) -> DecodedImage:
    return decode_image(content, LENIENT)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}]
)
@pytest.mark.parametrize("lost", [1, 2])
def test_the_last_bytes_cost_nothing_but_a_note(options: dict[str, Any], lost: int) -> None:
    content = encode(**options)
    decoded = decode(content[:-lost])
    assert decoded.note == "the end of the file is missing"
    assert decoded.image.tobytes() == load_image(content).tobytes()
    assert decode(content).note is None


def test_rows_that_are_missing_are_left_out_of_the_picture() -> None:
    content = encode(subsampling=0)
    decoded = decode(content[: len(content) * 9 // 10])
    rows = decoded.image.height
    assert decoded.note == f"the end of the file is missing, and {160 - rows} of 160 rows with it"
    assert 128 <= rows < 160
    # The last band of blocks may hold a seam.
    assert (np.asarray(decoded.image)[: rows - 8] == np.asarray(load_image(content))[: rows - 8]).all()


def test_the_missing_rows_of_a_turned_photo_are_those_of_the_sensor() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    content = encode(exif=exif)
    image = decode(content[: len(content) * 9 // 10]).image
    assert image.height == 96
    assert image.width < 160


@pytest.mark.parametrize("progressive", [False, True])
def test_what_lacks_much_is_refused(progressive: bool) -> None:
    content = encode(progressive=progressive)
    for share in (0.02, 0.1, 0.3, 0.5):
        with pytest.raises(ImageError, match=r"incomplete|not an image"):
            decode(content[: int(share * len(content))])


def test_strict_is_the_default_of_training(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(encode()[:-2])
    with pytest.raises(ImageError, match="incomplete"):
        load_image(path)


def test_a_progressive_file_is_whole_when_its_last_scan_has_begun() -> None:
    content = encode(progressive=True)
    last = content.rindex(b"\xff\xda")
    assert has_all_scans(content[: last + 20])
    assert not has_all_scans(content[:last])
    assert not has_all_scans(b"\xff\xd8")
    assert has_all_scans(encode())
