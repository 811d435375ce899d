"""From validation scores to calibrated answers: temperature and bias, threshold, UNSURE band."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import log_loss
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.train.config import DecisionConfig

_EDGE = 1e-7  # probability
_TEMPERATURES = (0.2, 20.0)
_BIASES = (-5.0, 5.0)  # logit
_EVEN = 0.5  # P(fake)

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What makes the scores of a network probabilities: their logit becomes `logit / temperature + bias`."""

    temperature: float = 1.0
    bias: float = 0.0

    @property
    def at_bound(self) -> bool:
        """Whether the fit flattened or moved the scores as far as it may; sharpest is no bad sign."""
        return self.temperature >= 0.999 * _TEMPERATURES[1] or abs(self.bias) >= 0.999 * _BIASES[1]

    def apply(self, p_fake: Floats) -> Floats:
        """Return calibrated P(fake) of the network's."""
        return np.asarray(1 / (1 + np.exp(-to_logit(p_fake) / self.temperature - self.bias)), np.float64)


def fit_calibration(labels: Labels, p_fake: Floats) -> Calibration:
    """Return the calibration with the lowest log loss on these scores (Platt 1999, Guo et al. 2017).

    Both classes weigh the same whatever their number: P(fake) is meant for as many reals as fakes.
    """
    from scipy.optimize import minimize  # at a run's end: its first step does not wait for it

    weights = np.where(labels == 1, 1 / max(1, (labels == 1).sum()), 1 / max(1, (labels == 0).sum()))
    found = minimize(
        lambda x: log_loss(labels, _to_calibration(x).apply(p_fake), weights),
        x0=np.zeros(2),
        bounds=(tuple(np.log(_TEMPERATURES)), _BIASES),
        method="L-BFGS-B",
    )
    return _to_calibration(found.x)


def _to_calibration(x: Floats) -> Calibration:
    return Calibration(temperature=float(np.exp(x[0])), bias=float(x[1]))


def to_logit(p_fake: Floats) -> Floats:
    """Return log(p / (1 - p)), kept finite."""
    clipped = np.clip(np.asarray(p_fake, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def choose_decision(labels: Labels, p_fake: Floats, config: DecisionConfig) -> Decision:
    """Return the threshold with the best balanced accuracy (Youden 1950) and the UNSURE band around it.

    Of the thresholds that call at most `config.false_alarms` of the real images fake. The band is symmetric
    in the logit and holds `config.unsure_share` of these images, the least certain ones; then it is widened
    to P(fake) .5, so that nothing more likely fake than real is called real, nor the other way round.
    """
    unsure_share = config.unsure_share
    threshold = _best_threshold(labels, p_fake, config.false_alarms)
    if not unsure_share:
        return Decision(threshold=threshold)
    distance = np.abs(to_logit(p_fake) - to_logit(np.array(threshold)))
    half = float(np.quantile(distance, unsure_share))
    middle = float(to_logit(np.array(threshold)))
    low, high = (float(1 / (1 + np.exp(-(middle + side * half)))) for side in (-1, 1))
    return Decision(threshold=threshold, unsure_low=min(low, _EVEN), unsure_high=max(high, _EVEN))


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
