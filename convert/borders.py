"""Borders of FAKE and REAL around P(fake) .5, and the cost of moving them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fakelens.convert.recipes import BorderConfig
from fakelens.edge_runtime.detection.condition import Condition
from fakelens.edge_runtime.modelfile.contract import ConditionLimits, Decision, OperatingPoint

_EVEN = 0.5  # P(fake)
_STEPS = 1_000_000  # borders are rounded to these, away from .5, so that no port's last bit matters
_CURVE = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)  # false alarms
# Measured on camera originals, photos of the web and both enlarged four times or saved at JPEG quality 8: 1%
# of the untouched ones lie beyond each, and nine of ten of the spoiled ones.
USUAL_LIMITS = ConditionLimits(least_side=64, least_texture=0.5, least_sharpness=0.513, most_blocking=2.2)
_MOST_GATED = 0.01  # of the real validation images, by each limit

Floats = npt.NDArray[np.float64]


def choose_borders(
    labels: npt.NDArray[np.uint8],
    p_fake: Floats,
    weights: Floats,
    config: BorderConfig,
    tiers: Sequence[str] = (),
) -> Decision:
    """Return the decision that `config` allows for calibrated `p_fake` [n], with its operating points.

    FAKE above `unsure_high`, REAL below `unsure_low`, the band never off P(fake) .5. Each image counts
    `weights` times among its class. The bound on false alarms holds in each of `tiers` [n] by itself: nobody
    whose photos arrive in one of them is accused more often than that.
    """
    real, fake = (_Class(p_fake[labels == label], weights[labels == label]) for label in (0, 1))
    delivered = np.array(tiers) if len(tiers) else np.zeros(len(labels), np.int64)
    parts = [(labels == 0) & (delivered == tier) for tier in np.unique(delivered[labels == 0])]
    highest = max(_Class(p_fake[part], weights[part]).find_high(config.false_alarms) for part in parts)
    high = max(_EVEN, _round_up(highest))
    low = min(_EVEN, _round_down(fake.find_low(config.missed)))
    borders = {high, *(max(_EVEN, _round_up(real.find_high(share))) for share in _CURVE)}
    points = tuple(
        OperatingPoint(threshold=each, false_alarms=real.share_above(each), found=fake.share_above(each))
        for each in sorted(borders)
    )
    return Decision(threshold=_EVEN, unsure_low=low, unsure_high=high, operating_points=points)


def choose_limits(conditions: Sequence[Condition], labels: npt.NDArray[np.uint8]) -> ConditionLimits:
    """Return the usual limits, each loosened until hardly any of the real images lies beyond it."""
    real = [condition for condition, label in zip(conditions, labels, strict=True) if not label]
    limits = USUAL_LIMITS
    for name, value, low in (
        ("least_side", "side", True),
        ("least_texture", "texture", True),
        ("least_sharpness", "sharpness", True),
        ("most_blocking", "blocking", False),
    ):
        values = [getattr(condition, value) for condition in real]
        known = np.array([each for each in values if each is not None], np.float64)
        if not len(known):
            continue
        usual = getattr(limits, name)
        if low:
            edge = float(np.quantile(known, _MOST_GATED, method="lower"))
            limits = replace(limits, **{name: type(usual)(min(usual, _round_down(edge)))})
        else:
            edge = float(np.quantile(known, 1 - _MOST_GATED, method="higher"))
            limits = replace(limits, **{name: max(usual, _round_up(edge))})
    return limits


class _Class:
    """The images of one class: what they score and what each counts."""

    def __init__(self, p_fake: Floats, weights: Floats) -> None:
        self._scores, place = np.unique(p_fake, return_inverse=True)
        self._counts = np.bincount(place.ravel(), weights) / weights.sum()

    def find_high(self, share: float) -> float:
        """Return the lowest border with at most `share` of the class above it, half-way to the next score.

        In eight bits many images have the same score. On it, a last digit would carry all of them over.
        """
        above = self._counts.sum() - np.cumsum(self._counts)
        at = int(np.argmax(above <= share + 1e-12))
        return float(self._scores[at : at + 2].mean())

    def find_low(self, share: float) -> float:
        """Return the highest border with at most `share` of the class below, half-way to the next score."""
        below = np.cumsum(self._counts) - self._counts
        at = int(np.flatnonzero(below <= share + 1e-12)[-1])
        return float(self._scores[max(at - 1, 0) : at + 1].mean())

    def share_above(self, border: float) -> float:
        """Return how much of the class scores above `border`."""
        return float(min(1.0, self._counts[self._scores > border].sum()))


def _round_up(value: float) -> float:
    return float(math.ceil(value * _STEPS)) / _STEPS


def _round_down(value: float) -> float:
    return float(math.floor(value * _STEPS)) / _STEPS
