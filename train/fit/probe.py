"""A linear probe before fine-tuning: the head begins with what the features already tell.

From a random head the first gradients distort features that know more than the pictures at hand; what the
network says of sources that it never saw suffers most (LP-FT, Kumar et al. 2022).
"""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.loop import Examples

_log = logging.getLogger(__name__)
_BATCH = 64
_MOST_STEPS = 300  # of the solver


def probe_head(model: Any, examples: Examples, penalty: float) -> None:
    """Set the last dense layer of `model` to a logistic regression on its inputs for the training images.

    `penalty` is that of the squared weights, over standardized features, beside the mean loss. The classes
    weigh as in training. A soft label counts as both classes, each by its share.
    """
    head = find_head(model)
    features = keras.Model(model.input, head.input)
    learned, judged = (run_features(features, images) for images in (examples.images, examples.val_images))
    scaler = StandardScaler().fit(learned)
    regression = LogisticRegression(C=1 / (penalty * len(learned)), max_iter=_MOST_STEPS)
    shares = np.stack([1 - examples.targets, examples.targets])  # [2, n]
    weights = (shares * examples.class_weights[:, None]).ravel()
    twice = np.tile(scaler.transform(learned), (2, 1))
    regression.fit(twice, np.repeat([0, 1], len(learned)), sample_weight=weights)
    slopes = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - slopes @ scaler.mean_
    # Softmax over (-s / 2, s / 2) is the sigmoid of s.
    head.set_weights([np.stack([-slopes / 2, slopes / 2], axis=1), np.array([-bias / 2, bias / 2])])
    auc = roc_auc(examples.val_labels, regression.decision_function(scaler.transform(judged)))
    _log.info("the head begins with a linear probe: AUC %.3f on validation pictures", auc)


def find_head(model: Any) -> Any:
    """Return the last dense layer of `model`."""
    return next(layer for layer in reversed(model.layers) if isinstance(layer, keras.layers.Dense))


def run_features(features: Any, images_u8: Images) -> npt.NDArray[np.float64]:
    """Return what the network `features` makes [n, channels] of `images_u8` [n, size, size, 3]."""

    @tf.function(reduce_retracing=True)
    def forward(images: Any) -> Any:
        return features(tf.cast(images, tf.float32) / 255, training=False)

    starts = range(0, len(images_u8), _BATCH)
    parts = [forward(tf.constant(np.asarray(images_u8[at : at + _BATCH]))).numpy() for at in starts]
    return np.concatenate(parts).astype(np.float64)
