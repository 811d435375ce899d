"""Batches for the step, prepared in the background so that the step never waits."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fakelens.edge_runtime.preprocess import ImageU8
from fakelens.train.augment import augment_batch
from fakelens.train.config import AugmentConfig

_PREFETCH = 8  # batches


def count_steps(images: int, batch_size: int) -> int:
    """Return the steps of an epoch; every batch is full, the last one topped up with repeated images."""
    return math.ceil(images / batch_size)


def epoch_order(images: int, batch_size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the rows of an epoch's batches [steps, batch_size]: a shuffle, topped up from its start."""
    steps = count_steps(images, batch_size)
    return np.resize(rng.permutation(images), (steps, batch_size))


def open_batches(
    images: ImageU8,
    labels: npt.NDArray[np.uint8],
    batch_size: int,
    augment: AugmentConfig,
    rng: np.random.Generator,
) -> Any:
    """Return one epoch of (uint8 [batch, size, size, 3], uint8 [batch]), determined by `rng` alone."""

    def generate() -> Iterator[tuple[ImageU8, npt.NDArray[np.uint8]]]:
        for rows in epoch_order(len(images), batch_size, rng):
            yield augment_batch(images[rows], augment, rng), labels[rows]

    signature = (
        tf.TensorSpec((batch_size, *images.shape[1:]), tf.uint8),
        tf.TensorSpec((batch_size,), tf.uint8),
    )
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(_PREFETCH)
