"""What a model says of each image as it is, after JPEG 40, and whether its verdict holds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.accuracy import check_readable
from fakelens.edge_runtime.degradations import recompress_jpeg
from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.preprocess import load_image
from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.recheck import recheck
from fakelens.edge_runtime.verdict import Label
from fakelens.edge_runtime.workers import map_in_order

JPEG_QUALITY = 40

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Answers on images, all arrays in the order of `images`."""

    images: tuple[LabelledImage, ...]  # those that could be read
    labels: npt.NDArray[np.uint8]  # 1 is fake
    p_fake: Floats
    p_fake_jpeg: Floats  # after JPEG 40
    answers: tuple[Label, ...]
    stable_answers: tuple[Label, ...]  # of `check --stable`
    latency_ms: Floats  # of a check
    stable_latency_ms: Floats
    errors: tuple[str, ...]  # one line an unreadable image


@dataclass(frozen=True, kw_only=True)
class _Answer:
    p_fake: float
    p_fake_jpeg: float
    label: Label
    stable_label: Label
    latency_ms: float
    stable_latency_ms: float


def expose(model: str, images: Sequence[LabelledImage]) -> Exposure:
    """Return what `model`, a name or path, answers on `images`; `UsageError` where none can be read."""
    workers = os.cpu_count() or 1
    free: SimpleQueue[Detector] = SimpleQueue()  # a detector is not thread-safe
    for _ in range(workers):
        free.put(Detector(model))

    def answer(image: LabelledImage) -> _Answer | ImageError:
        detector = free.get()
        try:
            return _answer(detector, image)
        except ImageError as error:
            return error
        finally:
            free.put(detector)

    results = list(show_progress(map_in_order(answer, images, workers), "checking", len(images)))
    errors = tuple(str(result) for result in results if isinstance(result, ImageError))
    pairs = zip(images, results, strict=True)
    read = [(image, result) for image, result in pairs if isinstance(result, _Answer)]
    check_readable(len(read), errors)
    answers = [result for _, result in read]
    return Exposure(
        images=tuple(image for image, _ in read),
        labels=np.array([image.label for image, _ in read], np.uint8),
        p_fake=np.array([answer.p_fake for answer in answers]),
        p_fake_jpeg=np.array([answer.p_fake_jpeg for answer in answers]),
        answers=tuple(answer.label for answer in answers),
        stable_answers=tuple(answer.stable_label for answer in answers),
        latency_ms=np.array([answer.latency_ms for answer in answers]),
        stable_latency_ms=np.array([answer.stable_latency_ms for answer in answers]),
        errors=errors,
    )


def _answer(detector: Detector, image: LabelledImage) -> _Answer:
    picture = load_image(image.path)
    verdict = detector.check(picture)
    stable = recheck(detector, picture, verdict)
    degraded = recompress_jpeg(np.asarray(picture, np.uint8), JPEG_QUALITY)
    return _Answer(
        p_fake=verdict.p_fake,
        p_fake_jpeg=detector.check(Image.fromarray(degraded)).p_fake,
        label=verdict.label,
        stable_label=stable.label,
        latency_ms=verdict.latency_ms,
        stable_latency_ms=stable.latency_ms,
    )
