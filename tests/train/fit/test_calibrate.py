import numpy as np
import pytest

from fakelens.train.config import DecisionConfig
from fakelens.train.fit.calibrate import Calibration, choose_decision, fit_calibration, to_logit

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, 20_000)
LABELS = (RNG.random(20_000) < 1 / (1 + np.exp(-LOGITS))).astype(np.uint8)  # perfectly calibrated
P_FAKE = 1 / (1 + np.exp(-LOGITS))


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_of_overconfident_scores_is_found(true_temperature: float) -> None:
    distorted = Calibration(temperature=1 / true_temperature).apply(P_FAKE)
    found = fit_calibration(LABELS, distorted)
    assert found.temperature == pytest.approx(true_temperature, rel=0.05)
    assert found.bias == pytest.approx(0, abs=0.05)


def test_the_bias_of_lopsided_scores_is_found() -> None:
    distorted = Calibration(bias=-1.5).apply(P_FAKE)
    assert fit_calibration(LABELS, distorted).bias == pytest.approx(1.5, abs=0.05)


def test_the_rarer_class_weighs_as_much_as_the_other() -> None:
    rare = (LABELS == 1) & (RNG.random(len(LABELS)) < 0.8)  # a fifth of the fakes stays
    found = fit_calibration(LABELS[~rare], P_FAKE[~rare])
    assert found.bias == pytest.approx(0, abs=0.08)


def test_scores_that_separate_the_classes_have_a_finite_calibration() -> None:
    found = fit_calibration(np.array([0, 0, 1, 1], np.uint8), np.array([0.1, 0.2, 0.8, 0.9]))
    assert 0.2 <= found.temperature <= 20
    assert abs(found.bias) <= 5


def test_the_threshold_separates_what_can_be_separated() -> None:
    p_fake = np.array([0.1, 0.2, 0.7, 0.8, 0.9])
    decision = choose_decision(np.array([0, 0, 0, 1, 1], np.uint8), p_fake, DecisionConfig(unsure_share=0))
    assert 0.7 < decision.threshold < 0.8


def test_the_band_holds_the_asked_share_around_the_threshold() -> None:
    decision = choose_decision(LABELS, P_FAKE, DecisionConfig(unsure_share=0.05))
    inside = (decision.unsure_low <= P_FAKE) & (decision.unsure_high >= P_FAKE)
    assert inside.mean() == pytest.approx(0.05, abs=0.002)
    assert decision.unsure_low < decision.threshold < decision.unsure_high


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_the_band_reaches_to_even_odds(shift: float) -> None:
    """A threshold far off .5 leaves none between it and .5 without a doubt."""
    p_fake = Calibration(bias=shift).apply(P_FAKE)
    decision = choose_decision(LABELS, p_fake, DecisionConfig(unsure_share=0.01))
    assert abs(decision.threshold - 0.5) > 0.1
    assert decision.unsure_low <= 0.5 <= decision.unsure_high


def test_no_share_means_no_band() -> None:
    decision = choose_decision(LABELS, P_FAKE, DecisionConfig(unsure_share=0))
    assert decision.unsure_low > decision.unsure_high


def test_certain_scores_have_finite_logits() -> None:
    assert np.isfinite(to_logit(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize("most", [0.0, 0.02, 0.1])
def test_false_alarms_stay_below_what_is_asked_and_no_fake_is_given_away(most: float) -> None:
    threshold = choose_decision(LABELS, P_FAKE, DecisionConfig(false_alarms=most)).threshold
    alarms = (P_FAKE[LABELS == 0] >= threshold).mean()
    assert alarms <= most + 1e-4
    assert alarms == pytest.approx(most, abs=0.001)
