import threading
from collections.abc import Iterator

import numpy as np
import pytest

from fakelens.train.config import AugmentConfig
from fakelens.train.data.batches import Batch, join_batches, open_batches, prefetch
from fakelens.train.data.epoch import plan_epoch

PLAIN = AugmentConfig(flip=False, shift=0)
IMAGES = np.repeat(np.arange(20, dtype=np.uint8), 48).reshape(20, 4, 4, 3)
TARGETS = np.arange(20, dtype=np.float32) / 20


def test_batches_keep_images_targets_and_weights_together() -> None:
    rng = np.random.default_rng(3)
    losses = np.arange(20, dtype=np.float32)
    plan = plan_epoch(losses, 6, 0.5, rng)
    seen = []
    for images, targets, weights in open_batches(IMAGES, TARGETS, plan, PLAIN, rng):
        assert images.shape == (6, 4, 4, 3)
        rows = images[:, 0, 0, 0]
        np.testing.assert_allclose(targets, TARGETS[rows])
        np.testing.assert_allclose(weights, np.where(losses[rows] < losses.mean(), 2, 1))
        seen += rows.tolist()
    assert set(range(10, 20)) <= set(seen) < set(range(20))


def test_crops_have_the_size_asked_for() -> None:
    rng = np.random.default_rng(0)
    plan = plan_epoch(np.zeros(20, np.float32), 5, 0.0, rng)
    assert {batch[0].shape[1:] for batch in open_batches(IMAGES, TARGETS, plan, PLAIN, rng, crop=2)} == {
        (2, 2, 3)
    }


def test_shares_are_joined_in_order() -> None:
    rng = np.random.default_rng(0)
    plans = [plan_epoch(np.zeros(20, np.float32), 5, 0.0, np.random.default_rng(seed)) for seed in (1, 2)]
    parts = [open_batches(IMAGES, TARGETS, plan, PLAIN, rng) for plan in plans]
    for step, (images, targets, weights) in enumerate(join_batches(parts)):
        rows = np.concatenate([plan.rows[step] for plan in plans])
        np.testing.assert_array_equal(images[:, 0, 0, 0], rows)
        assert len(targets) == len(weights) == 10


def test_an_error_of_the_background_is_raised_and_no_thread_is_left() -> None:
    batch: Batch = (IMAGES, TARGETS, TARGETS)

    def endless() -> Iterator[Batch]:
        while True:
            yield batch

    def fails() -> Iterator[Batch]:
        yield batch
        raise ValueError("no such row")

    with pytest.raises(ValueError, match="no such row"):
        list(prefetch(fails()))
    stopped_early = prefetch(endless())
    next(stopped_early)
    stopped_early.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]
