"""Folders of JPEGs to time programs on: always the same ones, as hard to decode as photos."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.files import cache_folder
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec

_PHOTO_NOISE = 12.0  # grey levels, so that the file is as large as a camera's
_PHOTO_QUALITY = 92

PHOTO_PX = (1024, 768)  # as photos are shared
_FIELDS = 6  # that pictures are made of
_CONTRAST, _GRAIN = 45.0, 3.0  # grey levels
_QUALITY = 90


def find_pictures(spec: InputSpec, count: int) -> Path:
    """Return a folder of `count` JPEGs for a model with input `spec`, made where it is not there yet.

    1024 x 768 px for tiles; of the very size of the input for models that look at the whole image.
    """
    width, height = PHOTO_PX if spec.fit is Fit.TILES else (spec.size, spec.size)
    folder = cache_folder() / "pictures" / f"{width}x{height}-{count}"
    if len(list(folder.glob("*.jpg"))) != count:
        make_pictures(folder, count, width, height)
    return folder


def make_pictures(folder: Path, count: int, width: int, height: int, *, seed: int = 0) -> None:
    """Write `count` JPEGs of `width` x `height` px into `folder`, no two the same.

    Their spectrum falls as that of photos does (1/f), under a little grain.
    """
    rng = np.random.default_rng(seed)
    fields = [_make_field(rng, width, height) for _ in range(_FIELDS)]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        one, other = (
            np.roll(fields[rng.integers(_FIELDS)], (rng.integers(height), rng.integers(width)), (0, 1))
            for _ in range(2)
        )
        share = np.float32(rng.uniform(0.2, 0.8))
        pixels = 120 + _CONTRAST * (share * one + (1 - share) * other)
        pixels += _GRAIN * rng.standard_normal(pixels.shape, np.float32)
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        picture.save(folder / f"{number:04}.jpg", quality=_QUALITY)


def _make_field(rng: np.random.Generator, width: int, height: int) -> npt.NDArray[np.float32]:
    """Return noise with a 1/f spectrum, [height, width, 3], standard deviation 1."""
    down, right = np.fft.fftfreq(height)[:, None, None], np.fft.rfftfreq(width)[None, :, None]
    frequency = np.hypot(down, right)
    frequency[0, 0] = np.inf  # no constant part
    spectrum = np.fft.rfft2(rng.standard_normal((height, width, 3)), axes=(0, 1)) / frequency
    field = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1))
    return np.asarray(field / field.std(), np.float32)


def make_photo(width: int, height: int) -> bytes:
    """Return a JPEG of soft shapes under camera-like noise, always the same."""
    rng = np.random.default_rng(0)
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    shapes = [np.sin(right / (97 + 40 * c)) * np.cos(down / (131 - 30 * c)) for c in range(3)]
    pixels = 128 + 80 * np.stack(shapes, axis=-1)
    pixels += rng.standard_normal(pixels.shape, np.float32) * np.float32(_PHOTO_NOISE)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=_PHOTO_QUALITY)
    return buffer.getvalue()
