"""Small intact files of every format and a small model, from which damaged ones are made."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, features

from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec
from fakelens.edge_runtime.modelfile.library import find_model
from tests.conftest import make_brightness_graph

_SIZE = (40, 32)


@dataclass(frozen=True, kw_only=True)
class Seed:
    """An intact file."""

    name: str
    content: bytes


def make_images() -> list[Seed]:
    """Return pictures of every format that this installation decodes."""
    return [Seed(name=name, content=content) for name, content in _encode_all()]


def make_models() -> list[Seed]:
    """Return a model of each type of input."""
    contract = Contract(name="seed", input=InputSpec(size=8))
    return [
        Seed(name=kind, content=pack_model(make_brightness_graph(input_type=kind), contract))
        for kind in ("UINT8", "FLOAT32")
    ]


def write_models(folder: Path) -> list[Path]:
    """Return models of several kinds of graph: those above, written into `folder`, and a release model."""
    paths = []
    for seed in make_models():
        paths.append(folder / f"{seed.name}.tflite")
        paths[-1].write_bytes(seed.content)
    return [*paths, find_model("cifake-quick")]


def _encode_all() -> Iterator[tuple[str, bytes]]:
    pixels = np.random.default_rng(0).integers(0, 256, (*_SIZE[::-1], 4), np.uint8)
    photo, alpha = Image.fromarray(pixels[..., :3]), Image.fromarray(pixels)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Software] = "fakelens"
    deep = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    moving: dict[str, Any] = {"save_all": True, "append_images": [photo.rotate(90 * turn) for turn in (1, 2)]}
    palette = alpha.convert("P")
    pictures: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("JPEG", photo, {"exif": exif}),
        ("JPEG", photo, {"progressive": True}),
        ("JPEG", photo.convert("CMYK"), {}),
        ("PNG", alpha, {}),
        ("PNG", palette, {"transparency": 3}),
        ("PNG", deep, {"transparency": 257}),
        ("PNG", photo, moving),
        ("GIF", photo, moving),
        ("WEBP", alpha, {"lossless": True}),
        ("WEBP", photo, moving),
        ("BMP", photo, {}),
        ("BMP", palette, {}),
        ("TIFF", photo, {"compression": "tiff_lzw"}),
        ("TIFF", photo, {"compression": "tiff_deflate"}),
        ("TIFF", photo, {"compression": "jpeg"}),
        ("TIFF", deep, {}),
        ("TIFF", Image.fromarray(pixels[..., 0].astype(np.float32) / 255), {}),
    ]
    if features.check("avif"):
        pictures.append(("AVIF", photo, {"quality": 60}))
    if find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
        pictures.append(("HEIF", photo, {"quality": 60}))
    if find_spec("pillow_jxl"):
        import pillow_jxl  # noqa: F401

        pictures.append(("JXL", photo, {"lossless": True}))
    for kind, image, options in pictures:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        yield kind, buffer.getvalue()
