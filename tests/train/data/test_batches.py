import numpy as np

from fakelens.train.config import AugmentConfig
from fakelens.train.data.batches import open_batches
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
        rows = images.numpy()[:, 0, 0, 0]
        np.testing.assert_allclose(targets.numpy(), TARGETS[rows])
        np.testing.assert_allclose(weights.numpy(), np.where(losses[rows] < losses.mean(), 2, 1))
        seen += rows.tolist()
    assert set(range(10, 20)) <= set(seen) < set(range(20))


def test_crops_have_the_size_asked_for() -> None:
    rng = np.random.default_rng(0)
    plan = plan_epoch(np.zeros(20, np.float32), 5, 0.0, rng)
    assert {batch[0].shape[1:] for batch in open_batches(IMAGES, TARGETS, plan, PLAIN, rng, crop=2)} == {
        (2, 2, 3)
    }
