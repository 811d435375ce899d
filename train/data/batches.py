"""Batches for the step, prepared in the background so that the step never waits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import AugmentConfig
from fakelens.train.data.augment import augment_batch, mix_rectangles
from fakelens.train.data.epoch import EpochPlan, Floats
from fakelens.train.data.image_rows import Images

_PREFETCH = 8  # batches


def open_batches(
    images: Images,
    targets: Floats,
    plan: EpochPlan,
    augment: AugmentConfig,
    rng: np.random.Generator,
    crop: int = 0,
) -> Any:
    """Return one epoch of (uint8 [batch, size, size, 3], P(fake) [batch], weights [batch]).

    Determined by `plan` and `rng` alone; `crop` other than 0 is the side in px of random crops.
    """

    def generate() -> Iterator[tuple[ImageU8, Floats, Floats]]:
        for rows, weights in zip(plan.rows, plan.weights, strict=True):
            changed, target = augment_batch(images[rows], augment, rng, crop), targets[rows]
            if augment.cutmix:
                changed, target = mix_rectangles(changed, target, augment.cutmix, rng)
            yield changed, target, weights

    batch_size = plan.rows.shape[1]
    side = crop or images.shape[1]
    signature = (
        tf.TensorSpec((batch_size, side, side, images.shape[3]), tf.uint8),
        tf.TensorSpec((batch_size,), tf.float32),
        tf.TensorSpec((batch_size,), tf.float32),
    )
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(_PREFETCH)


def join_batches(parts: list[Any]) -> Any:
    """Return an epoch of which each batch holds those of all `parts`, as `open_batches` gives them."""
    if len(parts) == 1:
        return parts[0]

    def join(*batches: Any) -> Any:
        return tuple(tf.concat(same, 0) for same in zip(*batches, strict=True))

    return tf.data.Dataset.zip(tuple(parts)).map(join)
