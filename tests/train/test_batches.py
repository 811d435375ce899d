import numpy as np
import pytest

from fakelens.train.batches import count_steps, epoch_order, open_batches
from fakelens.train.config import AugmentConfig

PLAIN = AugmentConfig(flip=False, shift=0)


@pytest.mark.parametrize(("images", "batch_size", "steps"), [(10, 4, 3), (8, 4, 2), (3, 4, 1)])
def test_an_epoch_shows_every_image_in_full_batches(images: int, batch_size: int, steps: int) -> None:
    assert count_steps(images, batch_size) == steps
    order = epoch_order(images, batch_size, np.random.default_rng(0))
    assert order.shape == (steps, batch_size)
    assert set(order.ravel()) == set(range(images))


def test_batches_keep_images_and_labels_together() -> None:
    images = np.repeat(np.arange(20, dtype=np.uint8), 12).reshape(20, 2, 2, 3)
    labels = (np.arange(20) % 2).astype(np.uint8)
    seen = []
    for batch, truth in open_batches(images, labels, 6, PLAIN, np.random.default_rng(3)):
        assert batch.shape == (6, 2, 2, 3)
        np.testing.assert_array_equal(batch.numpy()[:, 0, 0, 0] % 2, truth.numpy())
        seen += batch.numpy()[:, 0, 0, 0].tolist()
    assert set(seen) == set(range(20))
