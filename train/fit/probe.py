"""A linear probe before fine-tuning: the head begins with what the features already tell.

From a random head the first gradients distort features that know more than the pictures at hand; what the
network says of sources that it never saw suffers most (LP-FT, Kumar et al. 2022).
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.data.epoch import Floats
from fakelens.train.fit.frozen_layers import FrozenLayers, Values, find_head, open_layers
from fakelens.train.fit.loop import Examples

_log = logging.getLogger(__name__)
_MOST_STEPS = 300  # of the solver


@dataclass(frozen=True, kw_only=True)
class Line:
    """A logit of P(fake) that is linear in the features."""

    slopes: Values  # [channels]
    bias: float

    def score(self, features: Values) -> Values:
        """Return the logits [n] of `features` [n, channels]."""
        return np.asarray(features @ self.slopes + self.bias, np.float64)


def probe_head(model: Any, examples: Examples, penalty: float) -> None:
    """Set the last dense layer of `model` to a logistic regression on its inputs for the training images.

    Classes and images weigh as in training; `penalty` as `fit_line` has it.
    """
    layers = open_layers(model)
    line = learn_line(layers, examples, penalty)
    set_head(model, line)
    auc = roc_auc(examples.val_labels, line.score(layers.see(examples.val_images)))
    _log.info("the head begins with a linear probe: AUC %.3f on validation pictures", auc)


def learn_line(layers: FrozenLayers, examples: Examples, penalty: float) -> Line:
    """Return the logistic regression on what `layers` make of the training images."""
    learned = layers.see(examples.images)
    weights = np.stack([np.full(len(learned), weight) for weight in examples.class_weights])
    if examples.weights is not None:
        weights = weights * examples.weights
    return fit_line(learned, examples.targets, weights, penalty)


def set_head(model: Any, line: Line) -> None:
    """Let the last dense layer of `model` say what `line` says."""
    # Softmax over (-s / 2, s / 2) is the sigmoid of s.
    half, bias = line.slopes / 2, line.bias / 2
    find_head(model).set_weights([np.stack([-half, half], axis=1), np.array([-bias, bias])])


def fit_line(features: Values, targets: Floats, weights: Values, penalty: float) -> Line:
    """Return the logistic regression of `targets` [n], P(fake), on `features` [n, channels].

    `penalty` is that of the squared weights, over standardized features, beside the mean loss. A target
    counts as both classes, each by its share and its weight [2, n].
    """
    from sklearn.linear_model import LogisticRegression  # a second of work, for recipes with a probe alone
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(C=1 / (penalty * len(features)), max_iter=_MOST_STEPS)
    shares = (np.stack([1 - targets, targets]) * weights).ravel()
    twice = np.tile(scaler.transform(features), (2, 1))
    regression.fit(twice, np.repeat([0, 1], len(features)), sample_weight=shares)
    slopes = regression.coef_[0] / scaler.scale_
    return Line(slopes=slopes, bias=float(regression.intercept_[0] - slopes @ scaler.mean_))
