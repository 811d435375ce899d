"""The label does not flicker, and yet follows what the camera sees."""

import math
from itertools import pairwise

import numpy as np
import pytest

from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.live.smoothing import Smoother, SmoothingConfig
from fakelens.edge_runtime.modelfile.contract import Decision

BAND = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)
NO_BAND = Decision(threshold=0.5)


def count_changes(smoother: Smoother, scores: list[float], fps: float = 30.0) -> int:
    labels = [smoother.add(score, number / fps).label for number, score in enumerate(scores)]
    return sum(before is not after for before, after in pairwise(labels))


def test_the_first_frame_counts_in_full() -> None:
    seen = Smoother(BAND, SmoothingConfig()).add(0.97, 12.0)
    assert (seen.label, seen.p_fake) == (Label.FAKE, 0.97)


def test_what_was_seen_a_time_constant_ago_counts_one_e_th() -> None:
    smoother = Smoother(BAND, SmoothingConfig(seconds=2.0))
    smoother.add(1.0, 0.0)
    for step in range(1, 201):  # however many frames there were in between
        seen = smoother.add(0.0, step / 100)
    assert seen.p_fake == pytest.approx(math.exp(-1), rel=1e-6)


@pytest.mark.parametrize("decision", [BAND, NO_BAND])
def test_scores_that_jitter_about_a_border_do_not_make_the_label_flicker(decision: Decision) -> None:
    border = decision.unsure_high if decision is BAND else decision.threshold
    scores = (border + np.random.default_rng(0).normal(0, 0.1, 3000)).clip(0, 1).tolist()
    alone = count_changes(Smoother(decision, SmoothingConfig(seconds=0.0)), scores)
    mean_only = count_changes(Smoother(decision, SmoothingConfig(margin=0.0)), scores)
    both = count_changes(Smoother(decision, SmoothingConfig()), scores)
    assert alone > 1000
    assert mean_only > 10
    assert both <= 1


def test_a_label_is_entered_at_the_contracts_border_and_left_beyond_it() -> None:
    config = SmoothingConfig(seconds=1e-9, margin=0.05)  # every frame counts in full, the margin holds
    smoother = Smoother(BAND, config)
    steps = [(0.61, "fake"), (0.57, "fake"), (0.54, "unsure"), (0.61, "fake"), (0.3, "real"), (0.44, "real")]
    steps += [(0.46, "unsure"), (0.41, "unsure"), (0.39, "real")]
    for number, (score, label) in enumerate(steps):
        assert smoother.add(score, float(number)).label == label, (number, score)


def test_a_border_near_certainty_can_be_reached() -> None:
    smoother = Smoother(Decision(threshold=0.5, unsure_low=0.02, unsure_high=0.98), SmoothingConfig())
    labels = [smoother.add(score, time_s).label for time_s, score in enumerate([0.5, *[0.996] * 9])]
    assert (labels[0], labels[-1]) == (Label.UNSURE, Label.FAKE)


def test_a_change_of_scene_is_followed_within_seconds() -> None:
    smoother = Smoother(BAND, SmoothingConfig())
    labels = [smoother.add(0.05 if number < 60 else 0.97, number / 30).label for number in range(150)]
    assert labels[59] is Label.REAL
    assert Label.UNSURE in labels[60:90]
    assert labels[-1] is Label.FAKE
    assert labels.index(Label.FAKE) < 60 + 45


def test_without_smoothing_each_frame_is_judged_alone() -> None:
    smoother = Smoother(BAND, SmoothingConfig(seconds=0.0))
    for number, score in enumerate(np.random.default_rng(1).uniform(0, 1, 200)):
        seen = smoother.add(float(score), number / 30)
        assert (seen.p_fake, seen.label) == (score, decide(float(score), BAND))


def test_pictures_that_lie_far_apart_are_judged_each_alone() -> None:
    smoother = Smoother(BAND, SmoothingConfig())
    for second, p_fake in enumerate((0.95, 0.39, 0.61, 0.02)):
        seen = smoother.add(p_fake, second * 3600.0)
        assert (seen.label, seen.p_fake) == (decide(p_fake, BAND), p_fake)
