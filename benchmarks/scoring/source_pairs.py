"""How each source of fakes ranks against each source of photos, and what is found at few false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import CONFIDENCE, Interval, bootstrap_interval, roc_auc, wilson_interval

LEAST_IMAGES = 5  # of a source; fewer say next to nothing of it
FALSE_ALARMS = 0.05  # at most, of the photos of all sources together

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class SourcePairs:
    """AUC of every source of fakes against every source of photos."""

    fake_sources: tuple[str, ...]  # those of `LEAST_IMAGES` or more
    real_sources: tuple[str, ...]
    mean: Interval  # over all pairs; the interval is of the images, for these very sources
    worst: Interval
    worst_pair: tuple[str, str]  # of fakes, of photos


@dataclass(frozen=True, kw_only=True)
class FoundFakes:
    """The share of fakes above the score that at most `FALSE_ALARMS` of the photos are above."""

    of_all: Interval
    mean_of_sources: float | None  # of `LEAST_IMAGES` or more; None where there are none


def rank_pairs(
    labels: npt.NDArray[np.uint8], sources: Sequence[str], p_fake: Floats, *, resamples: int = 1000
) -> SourcePairs | None:
    """Return the AUCs of all pairs; None unless there are a source of fakes and one of photos to rank.

    `resamples` are those of the worst pair's interval; that of the mean is DeLong's (DeLong et al. 1988):
    normal, from the placements of the images.
    """
    fakes, reals = (_group(labels, sources, label) for label in (1, 0))
    if not fakes or not reals:
        return None
    above = {
        name: _rank(p_fake[own], [p_fake[each] for each in reals.values()]) for name, own in fakes.items()
    }
    below = {
        name: _rank(p_fake[own], [p_fake[each] for each in fakes.values()]) for name, own in reals.items()
    }
    aucs = np.array([ranks.mean(axis=1) for ranks in above.values()])  # [fakes, reals]
    worst = np.unravel_index(np.argmin(aucs), aucs.shape)
    pair = list(fakes)[worst[0]], list(reals)[worst[1]]
    both = np.concatenate([fakes[pair[0]], reals[pair[1]]])
    return SourcePairs(
        fake_sources=tuple(fakes),
        real_sources=tuple(reals),
        mean=_normal_interval(float(aucs.mean()), _vary([*above.values()]) + _vary([*below.values()])),
        worst=bootstrap_interval(roc_auc, labels[both], p_fake[both], resamples=resamples),
        worst_pair=pair,
    )


def find_fakes(labels: npt.NDArray[np.uint8], sources: Sequence[str], p_fake: Floats) -> FoundFakes:
    """Return the share of fakes found at few false alarms; both classes must be there."""
    border = np.quantile(p_fake[labels == 0], 1 - FALSE_ALARMS, method="inverted_cdf")
    found = p_fake > border
    of_fakes = found[labels == 1]
    shares = [float(found[own].mean()) for own in _group(labels, sources, 1).values()]
    return FoundFakes(
        of_all=wilson_interval(int(of_fakes.sum()), len(of_fakes)),
        mean_of_sources=float(np.mean(shares)) if shares else None,
    )


def _group(labels: npt.NDArray[np.uint8], sources: Sequence[str], label: int) -> dict[str, Places]:
    """Return the places of the images of one class by source, without sources of too few."""
    names = np.array(sources)
    groups = {name: np.flatnonzero((names == name) & (labels == label)) for name in dict.fromkeys(sources)}
    return {name: places for name, places in groups.items() if len(places) >= LEAST_IMAGES}


def _rank(scores: Floats, others: Sequence[Floats]) -> Floats:
    """Return the share of each of `others` that lies below each score [others, scores], ties half."""
    rows = []
    for other in map(np.sort, others):
        below, not_above = (np.searchsorted(other, scores, side) for side in ("left", "right"))
        rows.append((below + not_above) / 2 / len(other))
    return np.array(rows, np.float64)


def _vary(placements: Sequence[Floats]) -> float:
    """Return what the choice of the images of one class adds to the variance of the mean."""
    of_sources = [float(ranks.mean(axis=0).var(ddof=1)) / ranks.shape[1] for ranks in placements]
    return float(sum(of_sources)) / len(placements) ** 2


def _normal_interval(value: float, variance: float) -> Interval:
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * variance**0.5
    return Interval(value=value, low=max(0.0, value - half), high=min(1.0, value + half))
