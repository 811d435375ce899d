"""From validation scores to calibrated answers: temperature, threshold, UNSURE band."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from fakelens.benchmarks.metrics import log_loss
from fakelens.edge_runtime.contract import Decision
from fakelens.train.config import DecisionConfig

_EDGE = 1e-7  # probability
_LOWEST, _HIGHEST = 0.2, 20.0  # temperature

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]


def fit_temperature(labels: Labels, p_fake: Floats) -> float:
    """Return the temperature with the lowest log loss on these scores (Guo et al. 2017)."""
    found = minimize_scalar(
        lambda log_t: log_loss(labels, apply_temperature(p_fake, float(np.exp(log_t)))),
        bounds=(np.log(_LOWEST), np.log(_HIGHEST)),
        method="bounded",
    )
    return float(np.exp(found.x))


def apply_temperature(p_fake: Floats, temperature: float) -> Floats:
    """Return P(fake) with its logit divided by `temperature`."""
    return np.asarray(1 / (1 + np.exp(-to_logit(p_fake) / temperature)), np.float64)


def to_logit(p_fake: Floats) -> Floats:
    """Return log(p / (1 - p)), kept finite."""
    clipped = np.clip(np.asarray(p_fake, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def choose_decision(labels: Labels, p_fake: Floats, config: DecisionConfig) -> Decision:
    """Return the threshold with the best balanced accuracy (Youden 1950) and the UNSURE band around it.

    Of the thresholds that call at most `config.false_alarms` of the real images fake. The band is symmetric
    in the logit and holds `config.unsure_share` of these images, the least certain ones.
    """
    unsure_share = config.unsure_share
    threshold = _best_threshold(labels, p_fake, config.false_alarms)
    if not unsure_share:
        return Decision(threshold=threshold)
    distance = np.abs(to_logit(p_fake) - to_logit(np.array(threshold)))
    half = float(np.quantile(distance, unsure_share))
    middle = float(to_logit(np.array(threshold)))
    low, high = (float(1 / (1 + np.exp(-(middle + side * half)))) for side in (-1, 1))
    return Decision(threshold=threshold, unsure_low=low, unsure_high=high)


def _best_threshold(labels: Labels, p_fake: Floats, most_alarms: float) -> float:
    """Return the middle, in the logit, of the gap between the scores where the best cut lies."""
    scores = np.unique(to_logit(p_fake))
    if len(scores) == 1:
        return 0.5
    cuts = (scores[1:] + scores[:-1]) / 2
    logits = to_logit(p_fake)
    fake, real = np.sort(logits[labels == 1]), np.sort(logits[labels == 0])
    found = 1 - np.searchsorted(fake, cuts) / len(fake)
    false_alarms = 1 - np.searchsorted(real, cuts) / len(real)
    allowed = np.maximum(
        most_alarms, false_alarms[-1]
    )  # where scores tie, the highest cut is the best there is
    gain = np.where(false_alarms <= allowed, found - false_alarms, -np.inf)
    best = np.flatnonzero(gain >= gain.max() - 1e-12)
    nearest = cuts[best][np.argmin(np.abs(cuts[best]))]  # of equals the one nearest to P(fake) .5
    return float(1 / (1 + np.exp(-nearest)))
