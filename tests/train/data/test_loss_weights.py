import logging

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import FitConfig
from fakelens.train.data.loss_weights import class_weights, source_weights, weigh_images
from fakelens.train.settings import load_config


def test_the_rarer_class_weighs_more() -> None:
    weights = class_weights(np.array([0] * 30 + [1] * 10, np.uint8))
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


def test_the_sources_of_a_class_weigh_alike() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1], np.uint8)
    weights = source_weights(labels, np.array(["a", "a", "a", "b", "a", "b"]))
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0, 1.0, 1.0])


LABELS = np.array([0, 0, 1, 1, 1, 1], np.uint8)
SOURCES = np.array(["photos/a", "made/plain", "photos/b", "photos/b", "photos/bb", "made/plain"])


def test_named_sources_weigh_more_within_their_class() -> None:
    weights = weigh_images(LABELS, SOURCES, FitConfig(alike=1.0, weigh=("b=2", "made=.5")))
    assert weights is not None
    np.testing.assert_allclose(weights / weights[[1, 1, 4, 4, 4, 4]], [2, 1, 1, 1, 1, 0.5], rtol=1e-6)
    assert (weights[:2].mean(), weights[2:].mean()) == pytest.approx((1, 1))
    half = weigh_images(LABELS, SOURCES, FitConfig(alike=0.5))
    assert half is not None
    np.testing.assert_allclose(half[2:] / half[4], [0.5**0.5, 0.5**0.5, 1, 1], rtol=1e-6)
    by_image = weigh_images(LABELS, SOURCES, FitConfig(weigh=("photos/b=3",)))
    assert by_image is not None
    np.testing.assert_allclose(by_image, [1, 1, 1.5, 1.5, 0.5, 0.5])
    assert weigh_images(LABELS, SOURCES, FitConfig()) is None


def test_names_that_no_source_has_are_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        weigh_images(LABELS, SOURCES, FitConfig(weigh=("c=2", "b=2", "d=2")))
    assert [record.getMessage() for record in caplog.records] == [
        "fit.weigh: no image of c, d is learned from"
    ]


@pytest.mark.parametrize("lines", [["b"], ["=2"], ["b=two"], ["b=0"], ["b=-1"], ["b=nan"], ["b=2", "b=3"]])
def test_what_is_no_factor_is_refused(lines: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"fit\.weigh: .* is no NAME=FACTOR"):
        load_config(None, {"fit.weigh": lines})
