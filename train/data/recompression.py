"""What happens to pictures as they circulate: rescaled, touched up, recompressed; both classes alike."""

import io

import numpy as np
from PIL import Image

from fakelens.edge_runtime.degradations import add_noise, blur, change_brightness, change_contrast
from fakelens.edge_runtime.preprocess import ImageU8, load_image

_KERNELS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
_RESCALED = 0.45  # share of the pictures
_SCALE = (0.5, 1.25)  # log-uniform
_TOUCHED = 0.3  # share of the pictures with one of blur, noise, brightness, contrast
_BLUR_PX, _NOISE, _EXPOSURE = (0.3, 0.8), (0.004, 0.02), (0.8, 1.2)
_JPEG, _JPEG_TWICE, _WEBP = 0.85, 0.25, 0.1  # shares; twice is of those once; the rest stays uncompressed
_QUALITY = (50, 97)  # the density grows with the quality, from none at the lower end
_SUBSAMPLING = (0, 2, 2)  # 4:4:4, and twice as often 4:2:0
_GRID_PX = 8


def circulate(image: Image.Image, smallest: int, rng: np.random.Generator) -> Image.Image:
    """Return the RGB `image` after one random history; no side falls below `smallest` px by it."""
    if rng.random() < _RESCALED:
        image = _rescale(image, smallest, rng)
    if rng.random() < _TOUCHED:
        image = Image.fromarray(_touch_up(np.asarray(image, np.uint8), rng))
    codec = rng.random()
    if codec < _JPEG:
        image = _encode(image, "JPEG", rng)
        if rng.random() < _JPEG_TWICE:
            image = _encode(_trim(image, smallest, rng), "JPEG", rng)
    elif codec < _JPEG + _WEBP:
        image = _encode(image, "WEBP", rng)
    return image


def _rescale(image: Image.Image, smallest: int, rng: np.random.Generator) -> Image.Image:
    scale = float(np.exp(rng.uniform(*np.log(_SCALE))))
    scale = max(scale, min(1.0, smallest / min(image.size)))
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), _KERNELS[rng.integers(len(_KERNELS))])


def _touch_up(image_u8: ImageU8, rng: np.random.Generator) -> ImageU8:
    match rng.integers(4):
        case 0:
            return blur(image_u8, rng.uniform(*_BLUR_PX))
        case 1:
            return add_noise(image_u8, rng.uniform(*_NOISE), rng)
        case 2:
            return change_brightness(image_u8, rng.uniform(*_EXPOSURE))
        case _:
            return change_contrast(image_u8, rng.uniform(*_EXPOSURE))


def _trim(image: Image.Image, smallest: int, rng: np.random.Generator) -> Image.Image:
    """Cut a few pixels off the upper left, so that a second compression has a grid of its own."""
    left, top = (int(rng.integers(0, min(_GRID_PX, max(0, side - smallest) + 1))) for side in image.size)
    return image.crop((left, top, *image.size))


def _encode(image: Image.Image, kind: str, rng: np.random.Generator) -> Image.Image:
    buffer = io.BytesIO()
    low, high = _QUALITY
    quality = int(rng.triangular(low, high, high))
    if kind == "JPEG":
        image.save(buffer, kind, quality=quality, subsampling=int(rng.choice(_SUBSAMPLING)))
    else:
        image.save(buffer, kind, quality=quality)
    return load_image(buffer.getvalue())
