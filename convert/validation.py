"""Scores of a model's views on labelled validation images, and the verdicts that they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage, Split, find_labelled, list_splits
from fakelens.benchmarks.metrics import bootstrap_interval, roc_auc, wilson_interval
from fakelens.benchmarks.scoring.accuracy import check_readable
from fakelens.benchmarks.scoring.decoding import decode_each
from fakelens.convert.fusion import ViewLogits
from fakelens.edge_runtime.detection.condition import Condition, find_reason, measure_condition
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import Contract, Measurement
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_views
from fakelens.edge_runtime.pictures.tiles import to_logit
from fakelens.edge_runtime.progress import show_progress

_SPLIT = "validation"
_NOTE = "the images that also set fusion and borders"
_OF_OTHERS = "answers of models that left these sources out; they also set fusion and borders"


@dataclass(frozen=True, kw_only=True)
class ScoredImages:
    """Validation images as the views and the statistics of condition see them."""

    scores: ViewLogits
    conditions: tuple[Condition, ...]  # of each image; empty where only scores are known
    data: str  # where they come from


def find_validation(data: Path, split: Split | None) -> list[LabelledImage]:
    """Return the images of DATA that set a decision: of `split`, else val/, or all without splits."""
    splits = list_splits(data)
    if split is None and splits and Split.VAL not in splits:
        raise UsageError(f"{data}: has {', '.join(splits)} but no val/; choose one with --split, or add val/")
    return find_labelled(data, split or (Split.VAL if splits else None))


def score_validation(detector: Detector, images: Sequence[LabelledImage], data: Path) -> ScoredImages:
    """Return what the views of `detector` say of `images`; those that cannot be read are left out.

    `UsageError` where one class has no readable image.
    """
    kept: list[LabelledImage] = []
    rows: list[tuple[float, ...]] = []
    conditions: list[Condition] = []
    errors: list[str] = []
    decoded = decode_each(images, partial(_look, detector=detector))
    found = show_progress(decoded, "scoring", len(images))
    for image, fitted in zip(images, found, strict=True):
        if isinstance(fitted, ImageError):
            errors.append(str(fitted))
            continue
        kept.append(image)
        rows.append(detector.score_views(fitted.views_u8))
        conditions.append(fitted.condition)
    check_readable(len(kept), errors)
    labels = np.array([image.label for image in kept], np.uint8)
    if set(labels.tolist()) != {0, 1}:
        raise UsageError(f"{data}: only one class has images that can be read; the first error: {errors[0]}")
    return ScoredImages(
        scores=ViewLogits(
            logits=to_logit(np.array(rows)), labels=labels, sources=tuple(image.source for image in kept)
        ),
        conditions=tuple(conditions),
        data=data.resolve().name,
    )


def measure_verdicts(
    contract: Contract, scored: ScoredImages, p_fake: npt.NDArray[np.float64]
) -> tuple[Measurement, ...]:
    """Return what the decision of `contract` comes to on the `scored` images, condition included."""
    labels, decision = scored.scores.labels, contract.decision
    conditions = scored.conditions or (None,) * len(labels)
    reasons = [None if each is None else find_reason(each, decision.condition) for each in conditions]
    verdicts = [decide(float(p), decision, why) for p, why in zip(p_fake, reasons, strict=True)]
    figures = [("auc", bootstrap_interval(roc_auc, labels, p_fake), len(labels))]
    for metric, truth, verdict in (
        ("false_alarms", 0, Label.FAKE),
        ("unsure_real", 0, Label.UNSURE),
        ("found", 1, Label.FAKE),
        ("unsure_fake", 1, Label.UNSURE),
        ("missed", 1, Label.REAL),
    ):
        of_class = [each for each, label in zip(verdicts, labels, strict=True) if label == truth]
        count = sum(each is verdict for each in of_class)
        figures.append((metric, wilson_interval(count, len(of_class)), len(of_class)))
    return tuple(
        Measurement(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=n,
            data=scored.data,
            split=_SPLIT,
            note=_NOTE if scored.conditions else _OF_OTHERS,
        )
        for metric, interval, n in figures
    )


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    views_u8: tuple[ImageU8, ...]
    condition: Condition


def _look(image: Image.Image, detector: Detector) -> _Fitted:
    return _Fitted(views_u8=fit_views(image, detector.contract.input), condition=measure_condition(image))
