"""Accuracy on degraded images: what a verdict is worth after recompression, noise, blur and the like.

Images are degraded at their native size, before they are fitted to a model's input.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.metrics import Interval, wilson_interval
from fakelens.benchmarks.scoring.accuracy import check_readable
from fakelens.benchmarks.scoring.battery import BATTERY, Degradation, degrade
from fakelens.benchmarks.scoring.choice import UNSPLIT, BenchConfig, choose_images
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_views, load_image
from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.workers import map_in_order

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class RobustRow:
    """One model on one set of images, all degraded in one way."""

    path: Path
    contract: Contract  # as it was while measuring
    data: str  # name of the DATA folder
    split: str
    degradation: Degradation
    accuracy: Interval
    n: int
    errors: tuple[str, ...]  # one line an unreadable image


def measure_robustness(config: BenchConfig) -> list[RobustRow]:
    """Return a row per model and degradation; each image is decoded and degraded once for all models.

    `UsageError` where `config` excludes images or names a reference, and where no image can be read.
    """
    if config.exclude is not None or config.reference is not None:
        raise UsageError("robustness is measured on all images and without a reference: leave both out")
    images, _ = choose_images(config)
    contracts = [Detector(name, config.threads).contract for name in config.models]
    right, errors = _mark_all(config, images)
    successes, n = np.sum(right, axis=0), len(right)
    return [
        RobustRow(
            path=find_model(name),
            contract=contract,
            data=config.data.resolve().name,
            split=images[0].split or UNSPLIT,
            degradation=degradation,
            accuracy=wilson_interval(int(successes[row, column]), n),
            n=n,
            errors=errors,
        )
        for row, (name, contract) in enumerate(zip(config.models, contracts, strict=True))
        for column, degradation in enumerate(BATTERY)
    ]


def _mark_all(config: BenchConfig, images: Sequence[LabelledImage]) -> tuple[Marks, tuple[str, ...]]:
    """Return which answers are right, bool [readable images, models, degradations], and the errors."""
    detectors = [Detector(name, config.threads) for name in config.models]

    def mark(image: LabelledImage) -> Marks | ImageError:
        try:
            return _mark_image(image, detectors)
        except ImageError as error:
            return error

    workers = max(1, (os.cpu_count() or 1) // config.threads)
    results = list(show_progress(map_in_order(mark, images, workers), "degrading", len(images)))
    errors = tuple(str(result) for result in results if isinstance(result, ImageError))
    right = [result for result in results if not isinstance(result, ImageError)]
    check_readable(len(right), errors)
    return np.stack(right), errors


def _mark_image(image: LabelledImage, detectors: Sequence[Detector]) -> Marks:
    """Return which answers on `image` are right, bool [models, degradations]; `ImageError`."""
    image_u8 = np.asarray(load_image(image.path), np.uint8)
    specs = dict.fromkeys(detector.contract.input for detector in detectors)
    degraded = (Image.fromarray(degrade(image_u8, degradation)) for degradation in BATTERY)
    fitted = [[fit_views(each, spec) for spec in specs] for each in degraded]
    by_spec = dict(zip(specs, zip(*fitted, strict=True), strict=True))
    return np.stack(
        [_mark(detector, by_spec[detector.contract.input], image.label) for detector in detectors]
    )


def _mark(detector: Detector, fitted: Sequence[tuple[ImageU8, ...]], label: int) -> Marks:
    p_fake = np.array([detector.score_image(views_u8) for views_u8 in fitted])
    return np.asarray((p_fake >= detector.contract.decision.threshold) == (label == 1), np.bool_)
