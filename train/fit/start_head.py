"""The head of a start moves towards the user's pictures before anything else learns.

What the features tell of these pictures is used at once, and the ridge that holds the head back is centred on
the start's own (as in transfer by biased regularization, Kuzborskij & Orabona 2013): what it knew of others
stays, where a regression from nothing would forget it.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.fit.frozen_layers import FrozenLayers, Values, find_head
from fakelens.train.fit.loop import Examples
from fakelens.train.fit.probe import Line
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
    head = find_head(model)
    learned, judged = map(FrozenLayers(model).see, (examples.images, examples.val_images))
    kernel, bias = head.get_weights()
    slopes, offset = kernel[:, 1] - kernel[:, 0], float(bias[1] - bias[0])
    own = Line(slopes=slopes / start.temperature, bias=offset / start.temperature + start.bias)
    targets = np.asarray(examples.targets, np.float64)
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
    line = Line(slopes=own.slopes + moved.slopes, bias=own.bias + moved.bias)
    # Softmax over (-s / 2, s / 2) is the sigmoid of s.
    half, shift = line.slopes / 2, line.bias / 2
    head.set_weights([np.stack([-half, half], axis=1), np.array([-shift, shift])])
    aucs = [roc_auc(examples.val_labels, each.score(judged)) for each in (own, line)]
    _log.info("the head moves towards these pictures: AUC %.3f -> %.3f on validation pictures", *aucs)


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

    start = np.zeros(features.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}).x
    return Line(slopes=found[:-1] / spread, bias=float(found[-1] - found[:-1] @ (mean / spread)))
