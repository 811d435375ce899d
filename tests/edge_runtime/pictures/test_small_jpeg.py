"""Small plain JPEGs: the pixels of the usual way, or left to it."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image
from fakelens.edge_runtime.pictures.small_jpeg import decode_small

CONFIG = DecodeConfig()
SETTINGS = (
    {"quality": 90},
    {"quality": 20, "subsampling": 0},
    {"quality": 75, "subsampling": 2, "progressive": True},
    {"quality": 60, "subsampling": 1, "optimize": True, "comment": "a picture"},
    {"quality": 95, "restart_marker_rows": 1},
    {"quality": 85, "keep_rgb": True},
)


def encode(size: tuple[int, int] = (32, 32), mode: str = "RGB", **settings: object) -> bytes:
    rng = np.random.default_rng(size[0])
    pixels = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).resize(size).save(buffer, "JPEG", **settings)
    return buffer.getvalue()


def decode_usually(content: bytes) -> np.ndarray:
    return np.asarray(decode_image(content, CONFIG).image)  # bytes alone, not as a file's content


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("size", [(32, 32), (1, 1), (17, 5), (160, 200), (3, 900)])
def test_the_pixels_are_those_of_the_usual_way(size: tuple[int, int], settings: dict[str, object]) -> None:
    content = encode(size, **settings)
    image = decode_small(content)
    assert image is not None
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), decode_usually(content))


def test_what_is_no_small_plain_jpeg_is_left_to_the_usual_way() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    plain = encode()
    others = {
        "large": encode((513, 512), quality=5),
        "grey": encode(mode="L"),
        "ink": encode(mode="CMYK"),
        "turned": encode(exif=turned.tobytes()),
        "with XMP": encode(xmp=b"<x/>"),
        "cut": plain[:-2],
        "followed by more": plain + b"more",
        "long": plain[:-2] + bytes(1 << 16) + plain[-2:],
        "no JPEG": b"\x89PNG\r\n\x1a\n" + plain,
        "a header alone": plain[:20] + b"\xff\xd9",
        "empty": b"",
    }
    assert [name for name, content in others.items() if decode_small(content) is not None] == []
    assert decode_small(plain) is not None


def test_damage_gives_the_same_pixels_or_none() -> None:
    content = encode((24, 24), quality=70)
    rng = np.random.default_rng(5)
    decoded = 0
    for _ in range(3000):
        damaged = bytearray(content)
        for place in rng.integers(2, len(content), rng.integers(1, 4)):
            damaged[place] = rng.choice([0, 1, 0x7F, 0xFF, rng.integers(256)])
        image = decode_small(bytes(damaged))
        if image is not None:
            decoded += 1
            np.testing.assert_array_equal(np.asarray(image), decode_usually(bytes(damaged)))
    assert 500 < decoded < 3000


@pytest.mark.parametrize("removed", range(2, 700, 7))
def test_a_hole_in_the_file_gives_the_same_pixels_or_none(removed: int) -> None:
    content = encode((24, 24), quality=70)
    holed = content[:removed] + content[removed + 40 :]
    image = decode_small(holed)
    if image is not None:
        np.testing.assert_array_equal(np.asarray(image), decode_usually(holed))


def test_a_file_that_the_short_way_refuses_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    content = encode()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg"):
        decode_image(path, CONFIG, path.read_bytes())
