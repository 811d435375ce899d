"""Random changes of a training batch, on bytes; both classes alike."""

import numpy as np

from fakelens.edge_runtime.pictures.degradations import (
    add_noise,
    change_brightness,
    change_contrast,
    recompress_jpeg,
    rescale,
)
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import AugmentConfig
from fakelens.train.data.epoch import Floats

_JPEG_QUALITY = (35, 96)
_NOISE = (0.01, 0.12)  # sigma, 1 is full scale
_RESCALE = (0.625, 1.0)  # of the side
_EXPOSURE = (0.7, 1.3)  # factor of brightness or contrast


def augment_batch(
    images_u8: ImageU8, config: AugmentConfig, rng: np.random.Generator, crop: int = 0
) -> ImageU8:
    """Return changed copies of `images_u8` [n, size, size, 3]; the same `rng` state gives the same bytes.

    With `crop` they are random crops of `crop` px a side.
    """
    if config.shift:
        images_u8 = _shift(images_u8, config.shift, rng)
    if config.flip:
        flipped = rng.random(len(images_u8)) < 0.5
        images_u8 = np.where(flipped[:, None, None, None], images_u8[:, :, ::-1], images_u8)
    if config.degrade:
        images_u8 = np.array(images_u8)
        for row in np.flatnonzero(rng.random(len(images_u8)) < config.degrade):
            images_u8[row] = _degrade(images_u8[row], rng)
    if crop:
        images_u8 = _cut(
            images_u8, crop, *rng.integers(0, images_u8.shape[1] - crop + 1, (2, len(images_u8)))
        )
    return np.ascontiguousarray(images_u8)


def mix_rectangles(
    images_u8: ImageU8, targets: Floats, share: float, rng: np.random.Generator
) -> tuple[ImageU8, Floats]:
    """Return images and targets after CutMix (Yun et al. 2019) in a `share` of the images.

    Such an image holds a rectangle of the next one, at the same place, and as much of its target as it
    covers; its area is uniform between nothing and everything.
    """
    count, size = images_u8.shape[:2]
    others = np.roll(np.arange(count), 1)
    sides = np.rint(np.sqrt(rng.random(count)) * size).astype(int) * (rng.random(count) < share)
    corners = rng.integers(0, size - sides + 1, (2, count))
    place = np.arange(size)
    down, right = ((place >= c[:, None]) & (place < (c + sides)[:, None]) for c in corners)
    inside = down[:, :, None] & right[:, None, :]
    covered = (sides / size) ** 2
    mixed = np.where(inside[..., None], images_u8[others], images_u8)
    return mixed, np.asarray((1 - covered) * targets + covered * targets[others], np.float32)


def _degrade(image_u8: ImageU8, rng: np.random.Generator) -> ImageU8:
    """Return `image_u8` after one thing that happens to images on their way. Blur is not among them."""
    match rng.integers(8):
        case 0 | 1 | 2:
            return recompress_jpeg(image_u8, int(rng.integers(*_JPEG_QUALITY)))
        case 3 | 4 | 5:
            return add_noise(image_u8, rng.uniform(*_NOISE), rng)
        case 6:
            return rescale(image_u8, round(rng.uniform(*_RESCALE) * len(image_u8)))
        case _:
            change = change_brightness if rng.random() < 0.5 else change_contrast
            return change(image_u8, rng.uniform(*_EXPOSURE))


def _shift(images_u8: ImageU8, most: int, rng: np.random.Generator) -> ImageU8:
    """Move each image by up to `most` px both ways, filling from its own reflection."""
    count, size = images_u8.shape[:2]
    padded = np.pad(images_u8, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    return _cut(padded, size, *rng.integers(0, 2 * most + 1, (2, count)))


def _cut(images_u8: ImageU8, size: int, down: "np.ndarray", right: "np.ndarray") -> ImageU8:
    """Return the window of `size` px of each image whose upper left corner is `down`, `right` px away."""
    windows = np.lib.stride_tricks.sliding_window_view(images_u8, (size, size), axis=(1, 2))
    cut = windows[np.arange(len(images_u8)), down, right]
    return np.asarray(cut.transpose(0, 2, 3, 1), np.uint8)
