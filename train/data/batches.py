"""Batches for the step, prepared in the background so that the step never waits.

By a thread of Python: the end of a `tf.data` generator can wait for its own thread, which waits for the lock
that the interpreter holds meanwhile, and then training hangs after the last batch of an epoch.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import AugmentConfig
from fakelens.train.data.augment import augment_batch, mix_rectangles
from fakelens.train.data.epoch import EpochPlan, Floats
from fakelens.train.data.image_rows import Images

_PREFETCH = 8  # batches
_POLL_S = 0.1  # of a thread that waits for room, and may have to stop

Batch = tuple[ImageU8, Floats, Floats]  # images [batch, size, size, 3], P(fake) [batch], weights [batch]


def open_batches(
    images: Images,
    targets: Floats,
    plan: EpochPlan,
    augment: AugmentConfig,
    rng: np.random.Generator,
    crop: int = 0,
) -> Iterator[Batch]:
    """Yield one epoch of batches, prepared in the background; close it to stop early.

    Determined by `plan` and `rng` alone; `crop` other than 0 is the side in px of random crops.
    """

    def generate() -> Iterator[Batch]:
        for rows, weights in zip(plan.rows, plan.weights, strict=True):
            changed, target = augment_batch(images[rows], augment, rng, crop), targets[rows]
            if augment.cutmix:
                changed, target = mix_rectangles(changed, target, augment.cutmix, rng)
            yield changed, target, weights

    return prefetch(generate())


def join_batches(parts: list[Iterator[Batch]]) -> Iterator[Batch]:
    """Return an epoch of which each batch holds those of all `parts`, as `open_batches` gives them."""
    if len(parts) == 1:
        return parts[0]
    return (_concatenate(batches) for batches in zip(*parts, strict=True))


def prefetch(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield `batches`, which a thread takes ahead of their use; its error is raised here."""
    ready: queue.Queue[Any] = queue.Queue(_PREFETCH)
    stopped = threading.Event()

    def put(item: Any) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=_POLL_S)
                break
            except queue.Full:
                continue

    def fill() -> None:
        try:
            for batch in batches:
                put(batch)
                if stopped.is_set():
                    return
        except Exception as error:  # noqa: BLE001 (raised where the batches are used)
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=fill, name="batches", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _concatenate(batches: tuple[Batch, ...]) -> Batch:
    images, targets, weights = (np.concatenate(same) for same in zip(*batches, strict=True))
    return images, targets, weights
