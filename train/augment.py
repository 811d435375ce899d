"""Random changes of a training batch, on bytes, the whole batch at once."""

import numpy as np

from fakelens.edge_runtime.preprocess import ImageU8
from fakelens.train.config import AugmentConfig


def augment_batch(images_u8: ImageU8, config: AugmentConfig, rng: np.random.Generator) -> ImageU8:
    """Return changed copies of `images_u8` [n, size, size, 3]; the same `rng` state gives the same bytes."""
    if config.shift:
        images_u8 = _shift(images_u8, config.shift, rng)
    if config.flip:
        flipped = rng.random(len(images_u8)) < 0.5
        images_u8 = np.where(flipped[:, None, None, None], images_u8[:, :, ::-1], images_u8)
    return np.ascontiguousarray(images_u8)


def _shift(images_u8: ImageU8, most: int, rng: np.random.Generator) -> ImageU8:
    """Move each image by up to `most` px both ways, filling from its own reflection."""
    count, height, width, _ = images_u8.shape
    padded = np.pad(images_u8, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    down, right = rng.integers(0, 2 * most + 1, (2, count))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    moved = windows[np.arange(count), down, right]
    return np.asarray(moved.transpose(0, 2, 3, 1), np.uint8)
