"""Pixels that are read by bands are those of a picture that is decoded as a whole."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image, load_image
from fakelens.edge_runtime.pictures.regions.image import RegionImage

SIZE = (203, 157)
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (*SIZE[::-1], 4), np.uint8)
PHOTO, ALPHA = Image.fromarray(PIXELS[..., :3]), Image.fromarray(PIXELS)
DEEP = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
STRIPS = {"tiffinfo": {278: 8}}
TILES = {"tiffinfo": {322: 64, 323: 48}}
CASES: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    "png": (PHOTO, "PNG", {}),
    "png with transparency": (ALPHA, "PNG", {}),
    "png of a palette": (PHOTO.convert("P"), "PNG", {"transparency": 3}),
    "png of two colours": (PHOTO.convert("1"), "PNG", {}),
    "png of 4 bits": (PHOTO.quantize(13), "PNG", {"bits": 4}),
    "png of grey and transparency": (ALPHA.convert("LA"), "PNG", {}),
    "png of 16 bits": (DEEP, "PNG", {"transparency": 257}),
    "tiff of strips": (PHOTO, "TIFF", STRIPS),
    "tiff, lzw": (PHOTO, "TIFF", STRIPS | {"compression": "tiff_lzw"}),
    "tiff, deflate of grey": (DEEP, "TIFF", STRIPS | {"compression": "tiff_deflate"}),
    "tiff, packed ink": (PHOTO.convert("CMYK"), "TIFF", STRIPS | {"compression": "packbits"}),
    "tiff, jpeg": (PHOTO, "TIFF", STRIPS | {"compression": "jpeg"}),
    "tiff with transparency": (ALPHA, "TIFF", STRIPS | {"compression": "tiff_lzw"}),
}


def encode(image: Image.Image, kind: str, options: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of twenty rows, and every picture counts as very large."""
    for module in ("png", "tiff"):
        monkeypatch.setattr(f"fakelens.edge_runtime.pictures.regions.{module}.BAND_PIXELS", 20 * SIZE[0])
    monkeypatch.setattr("fakelens.edge_runtime.pictures.preprocess.REGION_PIXELS", 0)


def decode(content: bytes) -> Image.Image:
    return decode_image(content, DecodeConfig()).image


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize("name", CASES)
def test_regions_and_reductions_are_those_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(*CASES[name])
    image = decode(content)
    assert isinstance(image, RegionImage)
    monkeypatch.setattr("fakelens.edge_runtime.pictures.preprocess.REGION_PIXELS", 10**9)
    whole = load_image(content)
    boxes = [(0, 0, 30, 30), (100, 90, 203, 157), (5, 19, 6, 41), (0, 0, *SIZE), (7, 130, 90, 131)]
    for box in [*boxes, *reversed(boxes)]:
        np.testing.assert_array_equal(np.asarray(image.crop(box)), np.asarray(whole.crop(box)))
    for size in ((24, 24), (100, 30)):
        found, expected = (each.resize(size, Image.Resampling.BILINEAR) for each in (image, whole))
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    np.testing.assert_array_equal(np.asarray(image.reduce(7)), np.asarray(whole.reduce(7)))
    assert image._im is None  # nothing of that decoded it as a whole
    np.testing.assert_array_equal(np.asarray(image), np.asarray(whole))


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize(
    "content",
    [
        encode(PHOTO, "JPEG", {}),
        encode(PHOTO, "BMP", {}),
        encode(
            PHOTO, "PNG", {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"}
        ),
        encode(PHOTO, "PNG", {"save_all": True, "append_images": [ALPHA.convert("RGB")]}),
        encode(Image.fromarray(PIXELS[..., 0] / np.float32(255)), "TIFF", STRIPS),
    ],
    ids=["jpeg", "bmp", "turned", "moving", "floats"],
)
def test_what_has_no_bands_is_decoded_as_a_whole(content: bytes) -> None:
    assert not isinstance(decode(content), RegionImage)


@pytest.mark.parametrize("name", ["png", "tiff, lzw"])
@pytest.mark.usefixtures("small_bands")
def test_damage_is_found_before_anything_is_answered(name: str, tmp_path: Path) -> None:
    content = encode(*CASES[name])
    path = tmp_path / "cut"
    path.write_bytes(
        content[: len(content) // 2] if name == "png" else content.replace(content[900:1400], bytes(500))
    )
    with pytest.raises(Exception, match=r"cut: (cannot be decoded|begins as)"):
        decode_image(path, DecodeConfig())
