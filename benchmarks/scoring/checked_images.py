"""Scores and labels of each image at each tier of delivery: as found, and after a web site's changes."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.accuracy import check_readable
from fakelens.benchmarks.scoring.delivery import Tier, deliver
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import ImageError
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


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a detector says of one image as it arrives."""

    p_fake: float
    label: Label
    views: tuple[float, ...] = ()  # P(fake) of each view of a model


def check_images(model: str, images: Sequence[LabelledImage]) -> CheckedImages:
    """Return what `model`, a name or path, answers on `images`; `UsageError` where none can be read."""
    detector = Detector(model)

    def check(picture: Image.Image) -> Answer:
        verdict = detector.check(picture)
        views = tuple(view.p_fake for view in verdict.views) or (verdict.p_fake,)
        return Answer(p_fake=verdict.p_fake, label=verdict.label, views=views)

    return ask_detector(check, images, _name_views(detector.contract.input))


def ask_detector(
    check: Callable[[Image.Image], Answer], images: Sequence[LabelledImage], views: tuple[str, ...] = ()
) -> CheckedImages:
    """Return what `check`, any detector, answers on `images` at every tier; several threads call it.

    `UsageError` where no image can be read.
    """

    def answer(image: LabelledImage) -> list[Answer] | ImageError:
        try:
            picture = load_image(image.path)
            return [check(deliver(picture, tier)) for tier in Tier]
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
                p_fake=np.array([answers[place].p_fake for _, answers in read]),
                answers=tuple(answers[place].label for _, answers in read),
                logits=to_logit(np.array([answers[place].views for _, answers in read])),
            )
            for place, tier in enumerate(Tier)
        },
        views=views,
        errors=errors,
    )


def _name_views(spec: InputSpec) -> tuple[str, ...]:
    return tuple(view.name for view in spec.views) or ("tiles" if spec.fit is Fit.TILES else "whole",)
