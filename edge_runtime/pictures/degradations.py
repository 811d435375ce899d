"""Common changes to images: recompression, noise, blur, scaling, exposure; each on RGB bytes.

Deliberate changes for robust training, for measuring robustness and for `check --stable`; never part of
preprocessing. Images are uint8 [height, width, 3] of any size, and keep it unless they are shrunk.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image

_MIDDLE = 127.5
_REACH = 4.0  # sigmas at which a Gaussian is cut off, as scipy.ndimage does


def recompress_jpeg(image_u8: ImageU8, quality: int) -> ImageU8:
    """Return `image_u8` through JPEG of this quality, chroma at half resolution (4:2:0)."""
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "JPEG", quality=quality, subsampling=2)
    return np.asarray(load_image(buffer.getvalue()), np.uint8)


def add_noise(image_u8: ImageU8, sigma: float, rng: np.random.Generator) -> ImageU8:
    """Return `image_u8` with Gaussian noise of `sigma` (1 is full scale), independent in every value."""
    noise = rng.standard_normal(image_u8.shape, np.float32) * np.float32(255 * sigma)
    return _to_bytes(image_u8 + noise)


def blur(image_u8: ImageU8, sigma: float) -> ImageU8:
    """Return `image_u8` under a Gaussian of `sigma` px, its edges mirrored.

    Not Pillow's, which is made of boxes: ten grey levels off on noise at .3 px.
    """
    radius = int(_REACH * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    values = image_u8.astype(np.float32)
    for axis in (0, 1):
        values = _convolve(values, (weights / weights.sum()).astype(np.float32), axis)
    return _to_bytes(values)


def rescale(image_u8: ImageU8, side: int, resample: Image.Resampling = Image.Resampling.BILINEAR) -> ImageU8:
    """Return `image_u8` scaled so that its shorter side has `side` px, and back."""
    image = Image.fromarray(image_u8)
    width, height = (max(1, round(length * side / min(image.size))) for length in image.size)
    return np.asarray(image.resize((width, height), resample).resize(image.size, resample), np.uint8)


def shrink(image_u8: ImageU8, share: float) -> ImageU8:
    """Return `image_u8` with its sides times `share`, bicubic: the one change here that its size shows."""
    return np.asarray(shrink_image(Image.fromarray(image_u8), share), np.uint8)


def shrink_image(image: Image.Image, share: float) -> Image.Image:
    """Return the RGB `image` as `shrink` does, without copies of it."""
    width, height = (max(1, round(share * side)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def change_brightness(image_u8: ImageU8, factor: float) -> ImageU8:
    """Return `image_u8` times `factor`, clipped."""
    return _to_bytes(image_u8.astype(np.float32) * np.float32(factor))


def change_contrast(image_u8: ImageU8, factor: float) -> ImageU8:
    """Return `image_u8` with its distances from middle grey times `factor`, clipped."""
    return _to_bytes((image_u8.astype(np.float32) - np.float32(_MIDDLE)) * np.float32(factor) + _MIDDLE)


def _convolve(
    values: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], axis: int
) -> npt.NDArray[np.float32]:
    """Return `values` [height, width, 3] under the symmetric `weights` along `axis`."""
    radius, length = len(weights) // 2, values.shape[axis]
    mirrored = np.pad(np.arange(length), radius, mode="symmetric")
    padded = np.moveaxis(values, axis, 0)[mirrored]
    summed = weights[0] * padded[:length]
    for offset in range(1, len(weights)):
        summed += weights[offset] * padded[offset : offset + length]
    return np.moveaxis(summed, 0, axis)


def _to_bytes(values: npt.NDArray[np.float32]) -> ImageU8:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
