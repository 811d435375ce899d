"""Borders around P(fake) .5 hold what was asked on validation; the curve says what moving them costs."""

import numpy as np
import pytest

from fakelens.convert.borders import USUAL_LIMITS, choose_borders, choose_limits
from fakelens.convert.recipes import BorderConfig
from fakelens.edge_runtime.detection.condition import Condition
from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Decision

LABELS = np.repeat(np.array([0, 1], np.uint8), 2000)


def draw(distance: float) -> np.ndarray:
    """P(fake) of two classes whose logits lie `distance` to either side of 0."""
    generator = np.random.default_rng(0)
    logits = generator.normal(np.where(LABELS == 1, distance, -distance), 1.0)
    return 1 / (1 + np.exp(-2 * distance * logits))


@pytest.mark.parametrize("distance", [0.3, 0.8, 1.5, 4.0])
@pytest.mark.parametrize(("false_alarms", "missed"), [(0.03, 0.10), (0.0, 0.0), (0.1, 0.01)])
def test_borders_hold_what_was_asked(distance: float, false_alarms: float, missed: float) -> None:
    p_fake = draw(distance)
    config = BorderConfig(false_alarms=false_alarms, missed=missed)
    decision = choose_borders(LABELS, p_fake, np.ones(len(LABELS)), config)
    assert decision.threshold == 0.5
    assert decision.unsure_low <= 0.5 <= decision.unsure_high
    answers = np.array([decide(float(p), decision) for p in p_fake])
    assert np.mean(answers[LABELS == 0] == Label.FAKE) <= false_alarms
    assert np.mean(answers[LABELS == 1] == Label.REAL) <= missed
    assert all(p > 0.5 for p in p_fake[answers == Label.FAKE])
    assert all(p < 0.5 for p in p_fake[answers == Label.REAL])


def test_as_much_is_allowed_as_is_used() -> None:
    p_fake = draw(0.8)
    decision = choose_borders(LABELS, p_fake, np.ones(len(LABELS)), BorderConfig())
    assert np.mean(p_fake[LABELS == 0] > decision.unsure_high) == pytest.approx(0.03, abs=0.001)
    assert np.mean(p_fake[LABELS == 1] < decision.unsure_low) == pytest.approx(0.10, abs=0.001)


def test_the_curve_is_what_each_border_comes_to() -> None:
    p_fake = draw(0.5)
    decision = choose_borders(LABELS, p_fake, np.ones(len(LABELS)), BorderConfig())
    points = decision.operating_points
    assert [point.threshold for point in points] == sorted({point.threshold for point in points})
    assert decision.unsure_high in {point.threshold for point in points}
    assert len(points) > 6
    for point in points:
        assert 0.5 <= point.threshold <= 1
        assert point.false_alarms == pytest.approx(np.mean(p_fake[LABELS == 0] > point.threshold))
        assert point.found == pytest.approx(np.mean(p_fake[LABELS == 1] > point.threshold))


def test_equal_scores_are_never_parted() -> None:
    p_fake = np.where(np.arange(len(LABELS)) % 2, 0.7, 0.3)
    decision = choose_borders(LABELS, p_fake, np.ones(len(LABELS)), BorderConfig())
    assert (decision.unsure_low, decision.unsure_high) == (0.3, 0.7)


def test_scores_that_were_rounded_lie_on_the_same_side() -> None:
    generator = np.random.default_rng(1)
    logits = np.round(generator.normal(np.where(LABELS == 1, 1, -1), 1.0) * 8) / 8 + 0.000049  # of eight bits
    written = np.round(logits, 4)  # as a file of scores holds them
    decision = choose_borders(LABELS, 1 / (1 + np.exp(-written)), np.ones(len(LABELS)), BorderConfig())
    p_fake = 1 / (1 + np.exp(-logits))
    assert 0.02 < np.mean(p_fake[LABELS == 0] > decision.unsure_high) <= 0.03
    assert 0.05 < np.mean(p_fake[LABELS == 1] < decision.unsure_low) <= 0.10


def test_images_that_weigh_more_decide_more() -> None:
    labels = np.array([0] * 10 + [1], np.uint8)
    p_fake = np.append(np.linspace(0.5, 0.95, 10), 0.9)
    weights = np.ones(11)
    light = choose_borders(labels, p_fake, weights, BorderConfig(false_alarms=0.1))
    weights[9] = 10
    heavy = choose_borders(labels, p_fake, weights, BorderConfig(false_alarms=0.1))
    assert light.unsure_high == pytest.approx(0.925)  # half-way to the next photo
    assert heavy.unsure_high == pytest.approx(0.95)


def test_photos_of_no_tier_are_accused_more_often_than_was_asked() -> None:
    p_fake = draw(0.8)
    tiers = np.array(["clean", "web"])[np.arange(len(LABELS)) % 2]
    p_fake = np.where(tiers == "web", p_fake**1.5, p_fake)  # what is recompressed looks a little less fake
    config = BorderConfig(false_alarms=0.03)

    def accuse(decision: Decision) -> list[float]:
        return [
            float(np.mean(p_fake[(LABELS == 0) & (tiers == tier)] > decision.unsure_high))
            for tier in ("clean", "web")
        ]

    together, apart = (
        accuse(choose_borders(LABELS, p_fake, np.ones(len(LABELS)), config, given)) for given in ((), tiers)
    )
    assert max(together) > 0.032
    assert max(apart) == pytest.approx(0.03, abs=0.001)


@pytest.mark.parametrize("share", [-0.1, 0.6, float("nan")])
def test_shares_out_of_range_are_refused(share: float) -> None:
    with pytest.raises(UsageError, match="--false-alarms is"):
        BorderConfig(false_alarms=share)
    with pytest.raises(UsageError, match="--missed is"):
        BorderConfig(missed=share)


def make_conditions(**changes: object) -> list[Condition]:
    usual = {"side": 500, "texture": 5.0, "sharpness": 0.6, "blocking": 1.2}
    return [Condition(**usual | changes) for _ in range(100)]  # type: ignore[arg-type]


def test_limits_are_the_usual_ones_where_real_images_lie_within() -> None:
    assert choose_limits(make_conditions(), np.zeros(100, np.uint8)) == USUAL_LIMITS
    assert (
        choose_limits(make_conditions(sharpness=None, blocking=None), np.zeros(100, np.uint8)) == USUAL_LIMITS
    )


def test_limits_give_way_to_real_images_but_not_to_fakes() -> None:
    odd = make_conditions(side=32, texture=0.25, sharpness=0.505, blocking=3.0)
    limits = choose_limits(odd, np.zeros(100, np.uint8))
    assert (limits.least_side, limits.least_texture) == (32, 0.25)
    assert limits.least_sharpness == pytest.approx(0.505)
    assert limits.most_blocking == pytest.approx(3.0, abs=1e-5)
    assert choose_limits(odd, np.ones(100, np.uint8)) == USUAL_LIMITS
