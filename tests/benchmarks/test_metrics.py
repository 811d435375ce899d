from dataclasses import astuple

import numpy as np
import pytest

from fakelens.benchmarks.metrics import (
    Confusion,
    average_precision,
    bootstrap_interval,
    confusion,
    equal_error_rate,
    evaluate,
    expected_calibration_error,
    log_loss,
    roc_auc,
    roc_curve,
    wilson_interval,
)
from fakelens.edge_runtime.errors import UsageError


def _sample(n: int, seed: int = 0, steps: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Labels and overlapping scores; `steps` rounds the scores, as an int8 output does."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    scores = np.clip(0.5 + 0.25 * (labels - 0.5) + 0.2 * generator.normal(size=n), 0, 1)
    return labels, scores if steps is None else np.round(scores * steps) / steps


@pytest.mark.parametrize("steps", [None, 256, 4])
@pytest.mark.parametrize("seed", range(5))
def test_ranking_metrics_agree_with_scikit_learn(seed: int, steps: int | None) -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the reference")
    labels, scores = _sample(500, seed, steps)
    assert roc_auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores), abs=1e-12)
    expected = reference.average_precision_score(labels, scores)
    assert average_precision(labels, scores) == pytest.approx(expected, abs=1e-12)
    fpr, tpr, _ = reference.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(np.stack(roc_curve(labels, scores)), np.stack([fpr, tpr]), atol=1e-12)
    inner = np.clip(scores, 0.01, 0.99)
    assert log_loss(labels, inner) == pytest.approx(reference.log_loss(labels, inner), abs=1e-12)


def test_weights_count_an_image_several_times() -> None:
    labels, scores = _sample(200, steps=16)
    weights = np.random.default_rng(1).integers(0, 4, 200)
    repeated = np.repeat(labels, weights), np.repeat(scores, weights)
    for metric in (roc_auc, average_precision, equal_error_rate, expected_calibration_error, log_loss):
        assert metric(labels, scores, weights) == pytest.approx(metric(*repeated), abs=1e-12)


def test_all_equal_scores_are_worth_a_coin_toss() -> None:
    labels = np.array([0, 1, 0, 1])
    assert roc_auc(labels, np.full(4, 0.7)) == 0.5
    assert equal_error_rate(labels, np.full(4, 0.7)) == 0.5


def test_perfect_and_inverted_scores_are_the_two_ends() -> None:
    labels = np.array([0, 0, 1, 1])
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    assert roc_auc(labels, scores) == average_precision(labels, scores) == 1.0
    assert equal_error_rate(labels, scores) == 0.0
    assert roc_auc(labels, 1 - scores) == 0.0
    assert equal_error_rate(labels, 1 - scores) == 1.0


def test_equal_error_rate_is_where_misses_equal_false_alarms() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    scores = np.array([0.1, 0.2, 0.3, 0.8, 0.4, 0.7, 0.9, 0.95])
    assert equal_error_rate(labels, scores) == pytest.approx(0.25)


def test_calibration_error_by_hand() -> None:
    labels = np.array([0, 1, 1, 1])
    p_fake = np.array([0.10, 0.10, 0.94, 1.0])  # bins: .5 against .1 (2 images), 1 against .97 (2 images)
    assert expected_calibration_error(labels, p_fake) == pytest.approx((0.4 * 2 + 0.03 * 2) / 4)


def test_certain_and_wrong_costs_a_finite_log_loss() -> None:
    assert log_loss(np.array([1]), np.array([0.0])) == pytest.approx(-np.log(1e-7))


def test_an_image_at_the_threshold_is_called_fake() -> None:
    counts = confusion(np.array([0, 0, 1, 1, 1]), np.array([0.4, 0.5, 0.5, 0.49, 0.9]), 0.5)
    assert counts == Confusion(real_as_real=1, real_as_fake=1, fake_as_real=1, fake_as_fake=2)
    assert (counts.correct, counts.n) == (3, 5)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_matches_published_values(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, n)
    assert interval.value == successes / n
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_holds_its_value_at_both_ends() -> None:
    assert wilson_interval(7, 7).high == 1.0
    with pytest.raises(ValueError, match="0 successes of 0"):
        wilson_interval(0, 0)


def test_bootstrap_covers_the_true_area_about_95_percent_of_the_time() -> None:
    # Normal scores one standard deviation apart: the true area is Phi(1 / sqrt 2) = 0.76025.
    covered = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        labels = np.repeat([0, 1], 100)
        interval = bootstrap_interval(roc_auc, labels, generator.normal(size=200) + labels, resamples=250)
        covered += interval.low <= 0.76025 <= interval.high
    assert 52 <= covered <= 60  # 57 expected


def test_bootstrap_interval_is_reproducible_and_holds_its_value() -> None:
    labels, scores = _sample(300)
    first = bootstrap_interval(expected_calibration_error, labels, scores, resamples=100, seed=3)
    assert first == bootstrap_interval(expected_calibration_error, labels, scores, resamples=100, seed=3)
    assert first.low <= first.value <= first.high


def test_images_of_one_picture_count_once_in_the_intervals() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    scores = np.clip(0.3 * labels + 0.7 * generator.random(40), 0, 1)
    once = evaluate(labels, scores, 0.5)
    twice = evaluate(labels.repeat(2), scores.repeat(2), 0.5, pictures=np.arange(40).repeat(2))
    assert (once.n, once.pictures, twice.n, twice.pictures) == (40, 40, 80, 40)
    for name in ("accuracy", "auc", "ap", "eer", "ece"):
        assert astuple(getattr(twice, name)) == pytest.approx(astuple(getattr(once, name)))
    apart = evaluate(labels.repeat(2), scores.repeat(2), 0.5)
    for name in ("accuracy", "auc"):
        narrow, wide = getattr(apart, name), getattr(twice, name)
        assert narrow.high - narrow.low < 0.8 * (wide.high - wide.low)


def test_all_metrics_of_20000_images() -> None:
    labels, scores = _sample(20_000)
    metrics = evaluate(labels, scores, 0.5)
    assert metrics.n == 20_000
    assert metrics.accuracy.value == np.mean((scores >= 0.5) == labels)
    for interval in (metrics.accuracy, metrics.auc, metrics.ap, metrics.eer):
        assert 0 < interval.high - interval.low < 0.02


def test_one_class_or_no_image_is_refused() -> None:
    for labels in ([1, 1, 1], [0, 0, 0], []):
        with pytest.raises(UsageError, match=r"one class|no images"):
            evaluate(np.array(labels), np.full(len(labels), 0.5), 0.5)


def test_scores_that_do_not_fit_the_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="one of each"):
        roc_auc(np.array([0, 1]), np.array([0.1, 0.2, 0.3]))
    with pytest.raises(ValueError, match="finite"):
        roc_auc(np.array([0, 1]), np.array([0.1, np.nan]))
