import numpy as np
import pytest

from fakelens.train.augment import augment_batch
from fakelens.train.config import AugmentConfig

IMAGES = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 3), dtype=np.uint8)


def test_the_same_generator_state_gives_the_same_bytes() -> None:
    first, second = (augment_batch(IMAGES, AugmentConfig(), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_flip_mirrors_about_half_and_leaves_the_rest() -> None:
    changed = augment_batch(IMAGES, AugmentConfig(flip=True, shift=0), np.random.default_rng(0))
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(changed, IMAGES, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(changed, IMAGES, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert 8 <= sum(mirrored) <= 24


@pytest.mark.parametrize("most", [1, 2])
def test_shift_moves_by_at_most_so_many_pixels(most: int) -> None:
    changed = augment_batch(IMAGES, AugmentConfig(flip=False, shift=most), np.random.default_rng(0))
    padded = np.pad(IMAGES, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    moves = set()
    for before, after in zip(padded, changed, strict=True):
        found = [
            (y, x)
            for y in range(2 * most + 1)
            for x in range(2 * most + 1)
            if np.array_equal(before[y : y + 8, x : x + 8], after)
        ]
        assert found
        moves.add(found[0])
    assert len(moves) > 3


def test_nothing_asked_for_changes_nothing() -> None:
    plain = augment_batch(IMAGES, AugmentConfig(flip=False, shift=0), np.random.default_rng(0))
    np.testing.assert_array_equal(plain, IMAGES)
