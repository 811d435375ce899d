"""The head of a start moves towards the user's pictures before anything else learns.

What the features tell of these pictures is used at once, and the ridge that holds the head back is centred on
the start's own (as in transfer by biased regularization, Kuzborskij & Orabona 2013): what it knew of others
stays, where a regression from nothing would forget it.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.fit.frozen_layers import FrozenLayers, Values, find_head, open_layers
from fakelens.train.fit.loop import Examples
from fakelens.train.fit.probe import Line, set_head
from fakelens.train.starts.start_file import Start

_log = logging.getLogger(__name__)
_MOST_STEPS = 300  # of the solver


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a head is to learn: features, what a head says already, and what it should say."""

    features: Values  # [n, channels]
    logits: Values  # [n], of P(fake)
    targets: Values  # [n], P(fake)
    weights: Values  # [n], of the loss


def move_head(model: Any, start: Start, examples: Examples, penalty: float) -> None:
    """Calibrate the last dense layer of `model` as `start` is, and move it towards the training images.

    `penalty` is that of the squared distance, over standardized features, beside the mean loss.
    """
    layers, own = open_layers(model), read_line(model, start)
    line = move_line(layers, own, examples, penalty)
    set_head(model, line)
    judged = layers.see(examples.val_images)
    aucs = [roc_auc(examples.val_labels, each.score(judged)) for each in (own, line)]
    _log.info("the head moves towards these pictures: AUC %.3f -> %.3f on validation pictures", *aucs)


def read_line(model: Any, start: Start) -> Line:
    """Return what the last dense layer of `model` says, calibrated as `start` is."""
    kernel, bias = find_head(model).get_weights()
    slopes, offset = kernel[:, 1] - kernel[:, 0], float(bias[1] - bias[0])
    return Line(slopes=slopes / start.temperature, bias=offset / start.temperature + start.bias)


def move_line(layers: FrozenLayers, own: Line, examples: Examples, penalty: float) -> Line:
    """Return `own` moved towards what `layers` make of the training images; `penalty` as in `move_head`."""
    learned, targets = layers.see(examples.images), np.asarray(examples.targets, np.float64)
    real, fake = examples.class_weights
    weights = (1 - targets) * real + targets * fake
    moved = fit_move(
        Lesson(
            features=learned,
            logits=own.score(learned),
            targets=targets,
            weights=weights if examples.weights is None else weights * examples.weights,
        ),
        penalty,
    )
    return Line(slopes=own.slopes + moved.slopes, bias=own.bias + moved.bias)


def fit_move(lesson: Lesson, penalty: float) -> Line:
    """Return what is to be added to the logits of `lesson`, linear in its features."""
    mean, spread = lesson.features.mean(axis=0), lesson.features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    features = (lesson.features - mean) / spread

    def loss(line: Values) -> tuple[float, Values]:
        scores = lesson.logits + features @ line[:-1] + line[-1]
        losses = lesson.weights * (np.logaddexp(0, scores) - lesson.targets * scores)
        slopes = lesson.weights * (expit(scores) - lesson.targets) / len(scores)
        distance = penalty * (line[:-1] @ line[:-1]) / 2
        return losses.mean() + distance, np.append(features.T @ slopes + penalty * line[:-1], slopes.sum())

    from scipy.optimize import minimize  # only where a head is moved: it takes its time before the first step
    from threadpoolctl import threadpool_limits

    start = np.zeros(features.shape[1] + 1)
    with threadpool_limits(1, user_api="blas"):  # several threads wait for each other in such short steps
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}).x
    return Line(slopes=found[:-1] / spread, bias=float(found[-1] - found[:-1] @ (mean / spread)))
