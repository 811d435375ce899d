import numpy as np
import pytest

from fakelens.train.config import AugmentConfig
from fakelens.train.data.augment import augment_batch, mix_rectangles

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


def test_degrading_changes_about_the_share_asked_for() -> None:
    config = AugmentConfig(flip=False, shift=0, degrade=0.5)
    changed = augment_batch(np.tile(IMAGES, (8, 1, 1, 1)), config, np.random.default_rng(0))
    same = [np.array_equal(a, b) for a, b in zip(changed, np.tile(IMAGES, (8, 1, 1, 1)), strict=True)]
    assert 0.35 < np.mean(same) < 0.65


def test_crops_are_windows_of_their_images() -> None:
    plain = AugmentConfig(flip=False, shift=0)
    for before, after in zip(IMAGES, augment_batch(IMAGES, plain, np.random.default_rng(0), 5), strict=True):
        windows = [before[y : y + 5, x : x + 5] for y in range(4) for x in range(4)]
        assert any(np.array_equal(window, after) for window in windows)


def test_a_mixed_image_has_as_much_of_the_other_target_as_of_its_pixels() -> None:
    images = np.repeat([0, 255], 16)[:, None, None, None] * np.ones((32, 8, 8, 3), np.uint8)
    targets = np.repeat([0.0, 1.0], 16).astype(np.float32)
    order = np.random.default_rng(1).permutation(32)
    mixed, soft = mix_rectangles(
        images[order].astype(np.uint8), targets[order], 1.0, np.random.default_rng(0)
    )
    np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)) / 255, soft, atol=1e-6)
    assert ((soft > 0) & (soft < 1)).any()


def test_only_a_share_is_mixed() -> None:
    mixed, soft = mix_rectangles(IMAGES, np.ones(32, np.float32), 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(mixed, IMAGES)
    np.testing.assert_array_equal(soft, 1)
