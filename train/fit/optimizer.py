"""AdamW and Muon, and the learning rate over a stage."""

import math
from typing import Any

import tensorflow as tf
import tf_keras as keras

from fakelens.train.config import FitConfig, Optimizer

_FLOOR = 0.01  # of the peak learning rate, at the end of the cosine
_WARMUP_START = 0.01  # of the peak
_KERNEL_RANK = 4  # [height, width, in, out]


def build_optimizer(fit: FitConfig) -> Any:
    """Return the optimizer of `fit`; the loop sets its learning rate before each step."""
    kind = Muon if fit.optimizer is Optimizer.MUON else keras.optimizers.AdamW
    optimizer = kind(fit.learning_rate, weight_decay=fit.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def learning_rate_at(fit: FitConfig, epochs_done: float) -> float:
    """Return the learning rate after `epochs_done` epochs, fractions included: warm-up, then one cosine."""
    if epochs_done < fit.warmup_epochs:
        return fit.learning_rate * max(_WARMUP_START, epochs_done / fit.warmup_epochs)
    left = max(fit.epochs - fit.warmup_epochs, 1e-9)
    done = min(1.0, (epochs_done - fit.warmup_epochs) / left)
    return fit.learning_rate * (_FLOOR + (1 - _FLOOR) * (1 + math.cos(math.pi * done)) / 2)


class Muon(keras.optimizers.AdamW):  # type: ignore[misc]  # tf_keras has no types
    """Orthogonalized momentum for convolution kernels (Jordan 2024, as in airbench94), AdamW for the rest.

    A kernel is held at norm sqrt(channels out), which batch norm makes harmless, so it must follow; its
    relative step is `RATIO` times the learning rate, which stays in the units of AdamW.
    """

    RATIO = 12.0
    MOMENTUM = 0.6

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Move `variable` along its `gradient`."""
        if len(variable.shape) != _KERNEL_RANK or "depthwise" in variable.name:
            super().update_step(gradient, variable)
            return
        momentum = self._momentums[self._index_dict[self._var_key(variable)]]
        momentum.assign(self.MOMENTUM * momentum + gradient)
        ahead = tf.reshape(gradient + self.MOMENTUM * momentum, (-1, variable.shape[-1]))
        step = tf.reshape(orthogonalize(ahead), variable.shape)
        kernel = variable * (math.sqrt(variable.shape[-1]) / (tf.norm(variable) + 1e-7))
        variable.assign(kernel - self.RATIO * tf.cast(self.learning_rate, variable.dtype) * step)


def orthogonalize(matrix: Any, iterations: int = 3) -> Any:
    """Return about U V^T of the singular value decomposition U S V^T, by a Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315  # steepest at zero (Jordan 2024)
    wide = matrix.shape[0] > matrix.shape[1]
    x = tf.transpose(matrix) if wide else matrix
    x = x / (tf.norm(x) + 1e-7)
    for _ in range(iterations):
        gram = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * gram + c * tf.matmul(gram, gram), x)
    return tf.transpose(x) if wide else x
