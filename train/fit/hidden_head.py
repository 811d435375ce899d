"""A head with a hidden layer, trained on what the frozen layers below it make of the pictures.

Those layers look at a picture once, so that the head can see all of them in many epochs within minutes.
Dropout on its inputs and on its hidden units (Srivastava et al. 2014) keeps it from learning its sources by
heart; AdamW (Loshchilov & Hutter 2019) on a cosine. It learns from standardized features, whose means and
spreads end in the weights of the hidden layer.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.config import HeadConfig
from fakelens.train.data.epoch import Floats
from fakelens.train.fit.frozen_layers import Values, open_layers
from fakelens.train.fit.loop import Examples
from fakelens.train.fit.probe import Line, set_head
from fakelens.train.networks import HIDDEN

_APART = 1_000  # seeds of two members, each of which takes several in a row

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class HiddenHead:
    """A logit of P(fake) from features by one hidden layer of rectified units."""

    kernel: Values  # [channels, units]
    bias: Values  # [units]
    line: Line  # from units to the logit

    def score(self, features: Values) -> Values:
        """Return the logits [n] of `features` [n, channels]."""
        return self.line.score(np.maximum(features @ self.kernel + self.bias, 0.0))


@dataclass(frozen=True, kw_only=True)
class HeadLesson:
    """What a head learns from."""

    features: Values  # [n, channels]
    targets: Floats  # [n], P(fake)
    weights: Values  # [n], of the loss


def train_head(model: Any, examples: Examples, config: HeadConfig, seed: int) -> None:
    """Train the hidden layer of `model` and the dense layer after it on the training images."""
    layers = open_layers(model, HIDDEN)
    weights = np.asarray(examples.class_weights, np.float64)[examples.labels]
    if examples.weights is not None:
        weights = weights * examples.weights
    lesson = HeadLesson(features=layers.see(examples.images), targets=examples.targets, weights=weights)
    head = fit_hidden(lesson, int(model.get_layer(HIDDEN).units), config, seed)
    model.get_layer(HIDDEN).set_weights([head.kernel, head.bias])
    set_head(model, head.line)
    auc = roc_auc(examples.val_labels, head.score(layers.see(examples.val_images)))
    _log.info("the head learned for %d epochs: AUC %.3f on validation pictures", config.epochs, auc)


def fit_hidden(lesson: HeadLesson, units: int, config: HeadConfig, seed: int) -> HiddenHead:
    """Return a head of so many hidden `units`, trained as `config` says.

    The members each learn from everything, begin elsewhere and drop other units; side by side they are one
    layer, whose logit is the mean of theirs.
    """
    each = units // config.members
    heads = [_fit_one(lesson, each, config, seed + _APART * number) for number in range(config.members)]
    return HiddenHead(
        kernel=np.concatenate([head.kernel for head in heads], axis=1),
        bias=np.concatenate([head.bias for head in heads]),
        line=Line(
            slopes=np.concatenate([head.line.slopes for head in heads]) / len(heads),
            bias=float(np.mean([head.line.bias for head in heads])),
        ),
    )


def _fit_one(lesson: HeadLesson, units: int, config: HeadConfig, seed: int) -> HiddenHead:
    mean, spread = lesson.features.mean(axis=0), lesson.features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    columns = [(lesson.features - mean) / spread, lesson.targets[:, None], lesson.weights[:, None]]
    network = _build(lesson.features.shape[1], units, config, seed)
    _fit(network, [tf.constant(column, tf.float32) for column in columns], config, seed)
    (kernel, bias), (slopes, offset) = (
        [part.astype(np.float64) for part in layer.get_weights()] for layer in network.layers if layer.weights
    )
    kernel = kernel / spread[:, None]
    line = Line(slopes=slopes[:, 0], bias=float(offset[0]))
    return HiddenHead(kernel=kernel, bias=bias - mean @ kernel, line=line)


def _build(channels: int, units: int, config: HeadConfig, seed: int) -> Any:
    layers = keras.layers
    glorot = [keras.initializers.GlorotUniform(seed=2 * seed + number) for number in range(2)]
    return keras.Sequential(
        [
            keras.Input((channels,)),
            layers.Dropout(config.dropout_in, seed=seed),
            layers.Dense(units, "relu", kernel_initializer=glorot[0]),
            layers.Dropout(config.dropout, seed=seed + 1),
            layers.Dense(1, kernel_initializer=glorot[1]),
        ]
    )


def _fit(network: Any, columns: list[Any], config: HeadConfig, seed: int) -> None:
    """Train `network` on `columns`: features [n, channels], targets [n, 1] and weights [n, 1]."""
    count, size = len(columns[0]), min(config.batch_size, len(columns[0]))
    steps = count // size
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps * config.epochs)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
    variables = network.trainable_variables
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(rows: Any, *columns: Any) -> None:  # given, since a function keeps what it captures for good
        features, targets, weights = (tf.gather(column, rows) for column in columns)
        with tf.GradientTape() as tape:
            logits = network(features, training=True)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
            loss = tf.reduce_mean(weights * losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    rng = np.random.default_rng(seed)
    for _ in range(config.epochs):
        order = rng.permutation(count)
        for at in range(0, steps * size, size):
            step(tf.constant(order[at : at + size]), *columns)
