import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.fit.probe import Line
from fakelens.train.fit.start_head import Lesson, fit_move


def make_lesson(own: Line, count: int = 200) -> Lesson:
    """Features of which the first tells the class, and the second has nothing to do with it."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0.0, 1.0], count // 2)
    features = rng.normal(size=(count, 3)) * [1.0, 50.0, 1.0] + np.outer(labels, [2.0, 0.0, 0.0])
    return Lesson(features=features, logits=own.score(features), targets=labels, weights=np.ones(count))


def test_a_head_learns_what_the_features_tell_and_a_penalty_holds_it_back() -> None:
    own = Line(slopes=np.array([0.0, 0.0, 1.0]), bias=0.0)
    lesson = make_lesson(own)
    before = roc_auc(lesson.targets, lesson.logits)
    aucs, distances = [], []
    for penalty in (0.01, 1.0, 1e6):
        moved = fit_move(lesson, penalty)
        aucs.append(roc_auc(lesson.targets, lesson.logits + moved.score(lesson.features)))
        distances.append(float(np.abs(moved.slopes).sum()))
    assert aucs[0] > 0.9 > aucs[2]
    assert aucs[2] == pytest.approx(before, abs=0.01)
    assert distances == sorted(distances, reverse=True)


def test_a_head_that_is_right_stays() -> None:
    own = Line(slopes=np.array([4.0, 0.0, 0.0]), bias=-4.0)
    moved = fit_move(make_lesson(own), 0.2)
    assert np.abs(moved.slopes * [1.0, 50.0, 1.0]).max() < 0.4


def test_a_feature_that_never_changes_tells_nothing() -> None:
    lesson = make_lesson(Line(slopes=np.zeros(3), bias=0.0))
    lesson.features[:, 1] = 7.0
    assert fit_move(lesson, 0.2).slopes[1] == 0
