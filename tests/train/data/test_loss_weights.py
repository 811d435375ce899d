import numpy as np
import pytest

from fakelens.train.data.loss_weights import class_weights, source_weights


def test_the_rarer_class_weighs_more() -> None:
    weights = class_weights(np.array([0] * 30 + [1] * 10, np.uint8))
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


def test_the_sources_of_a_class_weigh_alike() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1], np.uint8)
    weights = source_weights(labels, np.array(["a", "a", "a", "b", "a", "b"]))
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0, 1.0, 1.0])
