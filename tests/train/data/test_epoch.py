import numpy as np
import pytest

from fakelens.train.data.epoch import count_steps, plan_epoch


def make_losses(images: int) -> np.ndarray:
    return np.random.default_rng(1).exponential(1.0, images).astype(np.float32)


@pytest.mark.parametrize(("images", "batch_size", "steps"), [(10, 4, 3), (8, 4, 2), (3, 4, 1)])
def test_an_epoch_shows_every_image_in_full_batches(images: int, batch_size: int, steps: int) -> None:
    assert count_steps(images, batch_size) == steps
    plan = plan_epoch(make_losses(images), batch_size, 0.0, np.random.default_rng(0))
    assert plan.rows.shape == plan.weights.shape == (steps, batch_size)
    assert set(plan.rows.ravel()) == set(range(images))
    assert (plan.weights == 1).all()


def test_hard_images_all_stay_and_easy_ones_go_by_lot() -> None:
    losses = make_losses(10_000)
    easy = losses < losses.mean()
    plan = plan_epoch(losses, 1, 0.7, np.random.default_rng(0))
    kept = np.isin(np.arange(len(losses)), plan.rows)
    assert kept[~easy].all()
    assert kept[easy].mean() == pytest.approx(0.3, abs=0.02)


def test_the_weights_keep_the_sum_over_all_images() -> None:
    losses = make_losses(10_000)
    plan = plan_epoch(losses, 1, 0.7, np.random.default_rng(0))
    assert (losses[plan.rows] * plan.weights).sum() == pytest.approx(losses.sum(), rel=0.02)


def test_nothing_is_skipped_before_every_image_was_seen() -> None:
    losses = make_losses(100)
    losses[7] = np.inf
    assert set(plan_epoch(losses, 10, 0.9, np.random.default_rng(0)).rows.ravel()) == set(range(100))


def test_few_images_are_repeated_in_an_epoch() -> None:
    plan = plan_epoch(make_losses(8), 4, 0.0, np.random.default_rng(0), repeats=3)
    assert plan.rows.shape == (6, 4)
    assert (np.bincount(plan.rows.ravel()) == 3).all()
