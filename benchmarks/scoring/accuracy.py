"""Scoring labelled images with a model file, through the very path that `fakelens check` takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.metrics import Interval, Metrics, evaluate, wilson_interval
from fakelens.benchmarks.scoring.decoding import decode_each
from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_views
from fakelens.edge_runtime.progress import show_progress

_PROGRESS_FROM = 200  # images; a small model scores so many in well under two seconds


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a model says of labelled images; the arrays are in the order of `images`."""

    images: tuple[LabelledImage, ...]  # those that could be read
    labels: npt.NDArray[np.uint8]  # 0 real, 1 fake
    p_fake: npt.NDArray[np.float64]
    errors: tuple[str, ...]  # one line an unreadable image
    reasons: tuple[Reason | None, ...] = ()  # why there is nothing left to see; empty where nothing was asked


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """A model's worth on a set of images, by its own threshold and UNSURE band."""

    metrics: Metrics
    unsure: Interval  # share of images answered UNSURE
    decided: Interval | None  # accuracy over the others; None where there are none
    decided_n: int  # how many the others are


def score_images(detector: Detector, images: Sequence[LabelledImage]) -> Scores:
    """Return the scores of `images`; those that cannot be read are reported and left out.

    `UsageError` where none can be read.
    """
    read: list[LabelledImage] = []
    p_fake: list[float] = []
    reasons: list[Reason | None] = []
    errors: list[str] = []
    for image, fitted in zip(
        images, _show(decode_each(images, partial(_look, detector=detector)), len(images)), strict=True
    ):
        if isinstance(fitted, ImageError):
            errors.append(str(fitted))
            continue
        read.append(image)
        p_fake.append(detector.score_image(fitted.views_u8))
        reasons.append(fitted.reason)
    check_readable(len(read), errors)
    return Scores(
        images=tuple(read),
        labels=np.array([image.label for image in read], np.uint8),
        p_fake=np.array(p_fake, np.float64),
        errors=tuple(errors),
        reasons=tuple(reasons),
    )


def check_readable(read: int, errors: Sequence[str]) -> None:
    """Raise `UsageError` where not one image was `read`; `errors` tell why, a line each."""
    if not read:
        raise UsageError(
            f"none of {len(errors)} images can be read; the first: {(errors or ['no image given'])[0]}"
        )


def leave_out(scores: Scores, excluded: frozenset[Path]) -> Scores:
    """Return `scores` without the `excluded` files."""
    kept = np.array([image.path not in excluded for image in scores.images])
    return replace(
        scores,
        images=tuple(image for image in scores.images if image.path not in excluded),
        labels=scores.labels[kept],
        p_fake=scores.p_fake[kept],
        reasons=tuple(reason for reason, keep in zip(scores.reasons, kept, strict=False) if keep),
    )


def give_verdicts(scores: Scores, decision: Decision) -> list[Label]:
    """Return the verdict on each image, as `fakelens check` gives it."""
    reasons = scores.reasons or (None,) * len(scores.p_fake)
    return [decide(float(p), decision, why) for p, why in zip(scores.p_fake, reasons, strict=True)]


def mark_correct(scores: Scores, decision: Decision) -> npt.NDArray[np.bool_]:
    """Return for each image whether its side of the threshold is the right one."""
    return np.asarray((scores.p_fake >= decision.threshold) == (scores.labels == 1), np.bool_)


def measure_accuracy(scores: Scores, decision: Decision) -> Accuracy:
    """Return the figures of `scores` at the contract's `decision`."""
    metrics = evaluate(scores.labels, scores.p_fake, decision.threshold)
    verdicts = give_verdicts(scores, decision)
    truths = [Label.FAKE if label else Label.REAL for label in scores.labels]
    unsure = sum(verdict is Label.UNSURE for verdict in verdicts)
    right = sum(verdict is truth for verdict, truth in zip(verdicts, truths, strict=True))
    decided = metrics.n - unsure
    return Accuracy(
        metrics=metrics,
        unsure=wilson_interval(unsure, metrics.n),
        decided=wilson_interval(right, decided) if decided else None,
        decided_n=decided,
    )


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """What the model sees of an image."""

    views_u8: tuple[ImageU8, ...]
    reason: Reason | None


def _look(image: Image.Image, detector: Detector) -> _Fitted:
    return _Fitted(views_u8=fit_views(image, detector.contract.input), reason=detector.find_reason(image))


def _show(decoded: Iterator[_Fitted | ImageError], total: int) -> Iterator[_Fitted | ImageError]:
    return decoded if total < _PROGRESS_FROM else show_progress(decoded, "scoring", total)
