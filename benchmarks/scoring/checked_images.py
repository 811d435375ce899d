"""Scores and labels of each image at each tier of delivery: as found, and after a web site's changes."""

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage
from fakelens.benchmarks.scoring.accuracy import check_readable
from fakelens.benchmarks.scoring.delivery import Tier, deliver
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.pictures.tiles import to_logit
from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.workers import map_in_order

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TierAnswers:
    """Answers on images at one tier, in the order of the images."""

    p_fake: Floats
    answers: tuple[Label, ...]
    logits: Floats  # [images, views], what each view says alone


@dataclass(frozen=True, kw_only=True)
class CheckedImages:
    """Answers on images at every tier."""

    images: tuple[LabelledImage, ...]  # those that could be read
    labels: npt.NDArray[np.uint8]  # 1 is fake
    tiers: Mapping[Tier, TierAnswers]
    views: tuple[str, ...]  # of the model: tiles, whole
    errors: tuple[str, ...]  # one line an unreadable image


def check_images(model: str, images: Sequence[LabelledImage]) -> CheckedImages:
    """Return what `model`, a name or path, answers on `images`; `UsageError` where none can be read."""
    detector = Detector(model)

    def answer(image: LabelledImage) -> list[Verdict] | ImageError:
        try:
            picture = load_image(image.path)
            return [detector.check(deliver(picture, tier)) for tier in Tier]
        except ImageError as error:
            return error

    workers = os.cpu_count() or 1
    results = list(show_progress(map_in_order(answer, images, workers), "checking", len(images)))
    errors = tuple(str(result) for result in results if isinstance(result, ImageError))
    pairs = zip(images, results, strict=True)
    read = [(image, result) for image, result in pairs if not isinstance(result, ImageError)]
    check_readable(len(read), errors)
    return CheckedImages(
        images=tuple(image for image, _ in read),
        labels=np.array([image.label for image, _ in read], np.uint8),
        tiers={
            tier: TierAnswers(
                p_fake=np.array([verdicts[place].p_fake for _, verdicts in read]),
                answers=tuple(verdicts[place].label for _, verdicts in read),
                logits=to_logit(np.array([_list_scores(verdicts[place]) for _, verdicts in read])),
            )
            for place, tier in enumerate(Tier)
        },
        views=_name_views(detector.contract.input),
        errors=errors,
    )


def _name_views(spec: InputSpec) -> tuple[str, ...]:
    return tuple(view.name for view in spec.views) or ("tiles" if spec.fit is Fit.TILES else "whole",)


def _list_scores(verdict: Verdict) -> list[float]:
    return [view.p_fake for view in verdict.views] or [verdict.p_fake]


def write_scores(path: Path, checked: CheckedImages) -> None:
    """Write a line for each image and tier: its digest, truth, P(fake), verdict and the logits of the views.

    `fakelens convert --scores` reads it: answers of a model that left the images' sources out.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(("digest", "source", "label", "tier", "p_fake", "verdict", *checked.views))
    for place, image in enumerate(checked.images):
        digest = hashlib.sha256(image.path.read_bytes()).hexdigest()[:DIGEST_LENGTH]
        for tier, answers in checked.tiers.items():
            p_fake, verdict = f"{answers.p_fake[place]:.4f}", answers.answers[place]
            logits = (f"{value:.4f}" for value in answers.logits[place])
            writer.writerow((digest, image.source, image.label, tier, p_fake, verdict, *logits))
    write_atomic(path, table.getvalue())
