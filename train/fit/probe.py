"""A linear probe before fine-tuning: the head begins with what the features already tell.

From a random head the first gradients distort features that know more than the pictures at hand; what the
network says of sources that it never saw suffers most (LP-FT, Kumar et al. 2022).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.data.epoch import Floats
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.loop import Examples

_log = logging.getLogger(__name__)
_BATCH = 64
_MOST_STEPS = 300  # of the solver

Values = npt.NDArray[np.float64]


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
    head = find_head(model)
    learned, judged = map(open_features(model), (examples.images, examples.val_images))
    weights = np.stack([np.full(len(learned), weight) for weight in examples.class_weights])
    if examples.weights is not None:
        weights = weights * examples.weights
    line = fit_line(learned, examples.targets, weights, penalty)
    # Softmax over (-s / 2, s / 2) is the sigmoid of s.
    half, bias = line.slopes / 2, line.bias / 2
    head.set_weights([np.stack([-half, half], axis=1), np.array([-bias, bias])])
    auc = roc_auc(examples.val_labels, line.score(judged))
    _log.info("the head begins with a linear probe: AUC %.3f on validation pictures", auc)


def fit_line(features: Values, targets: Floats, weights: Values, penalty: float) -> Line:
    """Return the logistic regression of `targets` [n], P(fake), on `features` [n, channels].

    `penalty` is that of the squared weights, over standardized features, beside the mean loss. A target
    counts as both classes, each by its share and its weight [2, n].
    """
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(C=1 / (penalty * len(features)), max_iter=_MOST_STEPS)
    shares = (np.stack([1 - targets, targets]) * weights).ravel()
    twice = np.tile(scaler.transform(features), (2, 1))
    regression.fit(twice, np.repeat([0, 1], len(features)), sample_weight=shares)
    slopes = regression.coef_[0] / scaler.scale_
    return Line(slopes=slopes, bias=float(regression.intercept_[0] - slopes @ scaler.mean_))


def find_head(model: Any) -> Any:
    """Return the last dense layer of `model`."""
    return next(layer for layer in reversed(model.layers) if isinstance(layer, keras.layers.Dense))


def open_features(model: Any) -> Callable[[Images], Values]:
    """Return what makes the inputs [n, channels] of the last dense layer of `model` of images [n, ...]."""
    features = keras.Model(model.input, find_head(model).input)

    @tf.function(reduce_retracing=True, autograph=False)
    def forward(images: Any) -> Any:
        return features(tf.cast(images, tf.float32) / 255, training=False)

    def see(images_u8: Images) -> Values:
        starts = range(0, len(images_u8), _BATCH)
        parts = [forward(tf.constant(np.asarray(images_u8[at : at + _BATCH]))).numpy() for at in starts]
        return np.concatenate(parts).astype(np.float64)

    return see
