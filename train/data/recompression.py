"""Random chains of scaling, cropping, editing and recompression; both classes alike.

The web scales to a few hundred or thousand pixels and recompresses, often more than once. A picture of
either class goes through one random such history. Touching up comes with it (see `retouch`).
"""

import io

import numpy as np
from PIL import Image, features

from fakelens.benchmarks.scoring.retouch import retouch
from fakelens.edge_runtime.pictures.preprocess import load_image

_KERNELS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
_SCALED = 0.6  # share of the pictures
_LONGER_PX = (320, 2048)  # log-uniform; what is smaller is scaled a little instead
_LITTLE = (0.6, 1.2)  # log-uniform
_TIMES = (0.06, 0.52, 0.28, 0.09, 0.05)  # shares of pictures compressed 0, 1, 2, 3 and 5 times
_COUNTS = (0, 1, 2, 3, 5)
_WEBP, _AVIF = 0.15, 0.04  # shares of the compressions; the rest is JPEG
_AVIF_PX = 700  # a larger side takes too long
_QUALITY = (38, 85, 98)  # least, likeliest and highest
_GENTLE = 0.5  # share of the gentle histories that compress at all
_GENTLE_QUALITY = (86, 99)
_SUBSAMPLING = (0, 2, 2)  # 4:4:4, and twice as often 4:2:0
_GRID_PX = 8


def circulate(
    image: Image.Image, smallest: int, rng: np.random.Generator, window: int = 0, retouched: float = 0.0
) -> Image.Image:
    """Return the RGB `image` after one random history; no side falls below `smallest` px by it.

    `window` other than 0 cuts a random part of at most so many px out before compression, which costs less;
    `retouched` is the share of pictures that are touched up.
    """
    if rng.random() < _SCALED:
        image = _rescale(image, smallest, rng)
    if window:
        image = _cut_window(image, window, rng)
    if rng.random() < retouched:
        image = retouch(image, rng)
    for number in range(_COUNTS[rng.choice(len(_COUNTS), p=_TIMES)]):
        trimmed = _trim(image, smallest, rng) if number else image
        image = _encode(trimmed, int(rng.triangular(*_QUALITY)), rng)
    return image


def circulate_gently(image: Image.Image, rng: np.random.Generator, retouched: float = 0.0) -> Image.Image:
    """Return the RGB `image` as its first file may have it: compressed once at most, never scaled."""
    if rng.random() < retouched:
        image = retouch(image, rng)
    if rng.random() >= _GENTLE:
        return image
    return _encode(image, int(rng.integers(*_GENTLE_QUALITY, endpoint=True)), rng)


def _rescale(image: Image.Image, smallest: int, rng: np.random.Generator) -> Image.Image:
    longer_px = float(np.exp(rng.uniform(*np.log(_LONGER_PX))))
    scale = longer_px / max(image.size)
    if scale > 1.0:
        scale = float(np.exp(rng.uniform(*np.log(_LITTLE))))
    scale = max(scale, min(1.0, smallest / min(image.size)))
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), _KERNELS[rng.integers(len(_KERNELS))], reducing_gap=3.0)


def _cut_window(image: Image.Image, window: int, rng: np.random.Generator) -> Image.Image:
    """Cut at places of whole blocks as often as not: the picture may have been compressed before."""
    sides = [min(window, side) for side in image.size]
    left, top = (int(rng.integers(0, side - cut + 1)) for side, cut in zip(image.size, sides, strict=True))
    return image.crop((left, top, left + sides[0], top + sides[1]))


def _trim(image: Image.Image, smallest: int, rng: np.random.Generator) -> Image.Image:
    """Cut a few pixels off the upper left, so that the next compression has a grid of its own."""
    if rng.random() < 0.5:
        return image
    left, top = (int(rng.integers(0, min(_GRID_PX, max(0, side - smallest) + 1))) for side in image.size)
    return image.crop((left, top, *image.size))


def _encode(image: Image.Image, quality: int, rng: np.random.Generator) -> Image.Image:
    buffer = io.BytesIO()
    kind, subsampling = rng.random(), int(rng.choice(_SUBSAMPLING))
    if kind < _WEBP:
        image.save(buffer, "WEBP", quality=quality, method=2)
    elif kind < _WEBP + _AVIF and max(image.size) <= _AVIF_PX and features.check("avif"):
        image.save(buffer, "AVIF", quality=quality, speed=9, max_threads=1)
    else:
        image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return load_image(buffer.getvalue())
