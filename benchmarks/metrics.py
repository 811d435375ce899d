"""Figures of a detector's worth, each with its uncertainty, from labels and P(fake); numpy alone.

Labels are 1 for fake and 0 for real; a higher score means more fake. Equal scores are ties, never
broken by order: an int8 model gives only 256 distinct scores, so ties are the rule here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import UsageError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
ECE_BINS = 15
_BLOCK = 500_000  # weights of resamples that are held at once, 4 MB


@dataclass(frozen=True)
class Metric:
    """A figure computed from labels and scores [n], each image counted `weights` times (once for None)."""

    measure_rows: Callable[[Floats, Floats, Floats], Floats]  # of labels, scores and weights [m, n]: [m]

    def __call__(self, labels: Array, scores: Array, weights: Array | None = None) -> float:
        """Return the figure."""
        fake, values, counts = _checked(labels, scores, weights)
        return float(self.measure_rows(fake, values, counts[None])[0])


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A measured value and its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Image counts, `truth_as_answer`; the answer is fake at or above the threshold."""

    real_as_real: int
    real_as_fake: int
    fake_as_real: int
    fake_as_fake: int

    @property
    def correct(self) -> int:
        """Images answered rightly."""
        return self.real_as_real + self.fake_as_fake

    @property
    def n(self) -> int:
        """All images."""
        return self.correct + self.real_as_fake + self.fake_as_real


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What `evaluate` found, with 95% intervals."""

    n: int
    pictures: int  # that the n images show: what the intervals count
    accuracy: Interval
    auc: Interval
    ap: Interval
    eer: Interval
    ece: Interval
    confusion: Confusion


def evaluate(labels: Array, p_fake: Array, threshold: float, pictures: Array | None = None) -> Metrics:
    """Return all metrics of `p_fake` [n] against `labels` [n]; `UsageError` unless both classes are there.

    `pictures` [n] numbers what the images show, where several are of one picture, such as with and without a
    recompression: the model hardly errs in one alone, so the intervals are those of so many pictures.
    """
    counts = confusion(labels, p_fake, threshold)
    metrics = roc_auc, average_precision, equal_error_rate, expected_calibration_error
    auc, ap, eer, ece = _bootstrap(metrics, labels, p_fake, pictures)
    shown = counts.n if pictures is None else len(np.unique(pictures))
    return Metrics(
        n=counts.n,
        pictures=shown,
        accuracy=wilson_interval(counts.correct * shown / counts.n, shown),
        auc=auc,
        ap=ap,
        eer=eer,
        ece=ece,
        confusion=counts,
    )


def confusion(labels: Array, p_fake: Array, threshold: float) -> Confusion:
    """Return the counts of truths by answers at `threshold`."""
    fake, scores, _ = _checked(labels, p_fake, None)
    called_fake = scores >= threshold
    is_fake = fake > 0
    return Confusion(
        real_as_real=int(np.sum(~is_fake & ~called_fake)),
        real_as_fake=int(np.sum(~is_fake & called_fake)),
        fake_as_real=int(np.sum(is_fake & ~called_fake)),
        fake_as_fake=int(np.sum(is_fake & called_fake)),
    )


def roc_curve(labels: Array, scores: Array) -> tuple[Floats, Floats]:
    """Return (fpr, tpr) from (0, 0) to (1, 1), one point a distinct score; fake is the positive class."""
    fake, values, counts = _checked(labels, scores, None)
    fpr, tpr = _curves(fake, values, counts[None])
    return fpr[0], tpr[0]


@Metric
def roc_auc(fake: Floats, scores: Floats, counts: Floats) -> Floats:
    """Return the area under the ROC curve: P(fake scores above real), ties counted half (Bamber 1975)."""
    fpr, tpr = _curves(fake, scores, counts)
    return np.asarray(np.sum(np.diff(fpr) * (tpr[:, 1:] + tpr[:, :-1]), axis=1) / 2)


@Metric
def average_precision(fake: Floats, scores: Floats, counts: Floats) -> Floats:
    """Return the sum of precision times the step in recall over distinct scores, not interpolated."""
    hits, alarms = _cumulate(fake, scores, counts)
    precision = hits / np.maximum(hits + alarms, 1e-12)
    return np.asarray(np.sum(np.diff(hits, prepend=0.0) * precision, axis=1) / hits[:, -1])


@Metric
def equal_error_rate(fake: Floats, scores: Floats, counts: Floats) -> Floats:
    """Return the error rate where missed fakes equal false alarms, on the linearly joined ROC curve."""
    fpr, tpr = _curves(fake, scores, counts)
    gap = fpr + tpr - 1.0  # false alarms minus misses: climbs from -1 to 1
    right = np.argmax(gap >= 0.0, axis=1)[:, None]
    (g0, f0), (g1, f1) = (
        [np.take_along_axis(line, at, axis=1)[:, 0] for line in (gap, fpr)] for at in (right - 1, right)
    )
    return np.asarray(f0 - g0 / (g1 - g0) * (f1 - f0))


@Metric
def expected_calibration_error(fake: Floats, scores: Floats, counts: Floats) -> Floats:
    """Return the mean over images of |share of fakes - mean P(fake)| in the image's bin.

    Guo et al. 2017, for the two-class case: the bins are of equal width over P(fake) in [0, 1], not
    over the confidence of the winning class, so that an error towards one class cannot hide.
    """
    index = np.minimum((scores * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    rows = np.arange(len(counts))[:, None] * ECE_BINS  # each row has bins of its own
    gaps = np.bincount((rows + index).ravel(), (counts * (fake - scores)).ravel(), len(counts) * ECE_BINS)
    return np.asarray(np.sum(np.abs(gaps.reshape(len(counts), -1)), axis=1) / np.sum(counts, axis=1))


def log_loss(labels: Array, p_fake: Array, weights: Array | None = None) -> float:
    """Return the mean negative log-likelihood in nats, P(fake) kept 1e-7 away from 0 and 1."""
    fake, scores, counts = _checked(labels, p_fake, weights)
    p = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-np.sum(counts * (fake * np.log(p) + (1 - fake) * np.log1p(-p))) / np.sum(counts))


def wilson_interval(successes: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the share `successes / n` with its score interval (Wilson 1927)."""
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} successes of {n}: expected 0 to n, with n at least 1")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    # Exact at the ends, where rounding would leave 1e-17 between the bound and the share.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(value=share, low=low, high=high)


def bootstrap_interval(
    metric: Metric,
    labels: Array,
    scores: Array,
    pictures: Array | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return `metric` with its 95% percentile bootstrap interval (Efron 1979), resampled within each class.

    Images of one picture, by its number in `pictures` [n], are drawn together (Davison & Hinkley 1997, 3.8).
    Where a metric is biased upwards by noise (ECE of a calibrated model), all resamples may lie on one
    side of the value; the interval is then widened to hold it.
    """
    return _bootstrap([metric], labels, scores, pictures, resamples=resamples, seed=seed)[0]


def _bootstrap(
    metrics: Sequence[Metric],
    labels: Array,
    scores: Array,
    pictures: Array | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Interval]:
    """Return the interval of each of `metrics` over the same resamples."""
    fake, values, counts = _checked(labels, scores, None)
    # Equal images are drawn as one with a weight: a resample costs as many steps as distinct scores.
    pairs, group = np.unique(np.stack([-values, fake], axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    shown = np.arange(len(fake)) if pictures is None else np.asarray(pictures)
    of_class = [fake == label for label in (0, 1)]
    if not all(each.any() for each in of_class):
        raise UsageError("all images are of one class: metrics need real and fake images")
    classes = [(group[each], np.unique(shown[each], return_inverse=True)[1]) for each in of_class]
    blocks = [
        [metric.measure_rows(pairs[:, 1], -pairs[:, 0], weights) for metric in metrics]
        for weights in _resample(classes, len(pairs), resamples, np.random.default_rng(seed))
    ]
    tail = (1 - CONFIDENCE) / 2
    intervals = []
    for metric, parts in zip(metrics, zip(*blocks, strict=True), strict=True):
        low, high = np.quantile(np.concatenate(parts), (tail, 1 - tail))
        value = float(metric.measure_rows(fake, values, counts[None])[0])
        intervals.append(Interval(value=value, low=min(float(low), value), high=max(float(high), value)))
    return intervals


def _resample(
    classes: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    pairs: int,
    resamples: int,
    generator: np.random.Generator,
) -> Iterator[Floats]:
    """Yield weights [some, pairs] of pictures drawn from each of `classes`, `resamples` rows in all.

    A class is the pairs of its images, and the numbers of the pictures that these show.
    """
    most = max(1, _BLOCK // pairs)
    for start in range(0, resamples, most):
        weights = np.empty((min(most, resamples - start), pairs))
        for row in weights:
            row[:] = 0
            for groups, pictures in classes:
                count = pictures.max() + 1
                times = np.bincount(generator.integers(0, count, count), minlength=count)
                row += np.bincount(groups, times[pictures], minlength=pairs)
        yield weights


def _curves(fake: Floats, scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return (fpr, tpr), each [m, points]: an ROC curve for each row of `counts` [m, n]."""
    hits, alarms = _cumulate(fake, scores, counts)
    start = np.zeros((len(counts), 1))
    fpr, tpr = (np.concatenate([start, each / each[:, -1:]], axis=1) for each in (alarms, hits))
    return fpr, tpr


def _cumulate(fake: Floats, scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return how many fakes and reals score at or above each distinct score, the highest first.

    Each is [m, distinct], by rows of `counts` [m, n].
    """
    order = np.argsort(-scores, kind="stable")
    scores, fake, counts = scores[order], fake[order], np.take(counts, order, axis=1)
    last = np.r_[np.flatnonzero(np.diff(scores)), len(scores) - 1]  # of each run of equal scores
    hits, alarms = (np.take(np.cumsum(counts * part, axis=1), last, axis=1) for part in (fake, 1 - fake))
    if not hits[:, -1].all() or not alarms[:, -1].all():
        raise UsageError("all images are of one class: metrics need real and fake images")
    return hits, alarms


def _checked(labels: Array, scores: Array, weights: Array | None) -> tuple[Floats, Floats, Floats]:
    """Return the three as float64 [n]."""
    fake, values = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    counts = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
    if fake.ndim != 1 or not fake.shape == values.shape == counts.shape:
        raise ValueError(f"labels {fake.shape}, scores {values.shape}: expected one of each an image")
    if not len(fake):
        raise UsageError("no images to measure on")
    if not ((fake == 0) | (fake == 1)).all() or not np.isfinite(values).all():
        raise ValueError("labels must be 0 or 1, and scores finite numbers")
    return fake, values, counts
