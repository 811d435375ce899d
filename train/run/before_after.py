"""A start before and after it was fine-tuned: on the user's pictures, and on photos that neither has seen."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.modelfile.contract import LABELS, Decision, Pool
from fakelens.edge_runtime.pictures.preprocess import fit_image, load_image
from fakelens.train.config import TrainConfig, describe_input
from fakelens.train.data.dataset import Dataset
from fakelens.train.data.image_rows import Images
from fakelens.train.data.pooling import JudgedImages, group_images
from fakelens.train.fakes.photos import export_photos
from fakelens.train.fit.start_network import StartNetwork, open_start
from fakelens.train.run.outcome import show_auc

_PHOTOS = "built-in photos"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one network says of a part."""

    auc: Interval | None  # None where the part has one class
    called: tuple[dict[str, int], ...]  # of each class, images by verdict


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """Both networks on one part."""

    part: str
    counts: tuple[int, ...]  # images of each class
    pictures: int  # that these show
    before: Answers
    after: Answers


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The fine-tuned network as it is handed over."""

    answer: Callable[[Images], npt.NDArray[np.float64]]  # P(fake) [n] of images
    decision: Decision
    pool: Pool


def compare_with_start(config: TrainConfig, dataset: Dataset, tuned: Tuned) -> tuple[BeforeAfter, ...]:
    """Return both networks on validation, on test where that is scored, and on the built-in photos.

    Those are photos of Python packages, and left out where the packages are not installed.
    """
    start = open_start(config.network.weights)
    splits = [Split.VAL, *([Split.TEST] if config.data.score_test and len(dataset.rows[Split.TEST]) else [])]
    parts = [(str(split), dataset.take(split)[0], dataset.judge(split)) for split in splits]
    with suppress(MissingExtraError):
        parts.append((_PHOTOS, *_load_photos(config)))
    return tuple(_compare(part, start, tuned) for part in parts)


def describe_before_after(start: str, parts: tuple[BeforeAfter, ...]) -> Iterator[str]:
    """Yield the comparison in lines, none where there is none."""
    if parts:
        twice = any(part.pictures < sum(part.counts) for part in parts)
        note = "; pictures count twice, as they are and recompressed" if twice else ""
        yield f"{Path(start).stem} before -> after, at the borders of each{note}"
    for part in parts:
        before, after = part.before, part.after
        aucs = [f"AUC {show_auc(before.auc)} -> {show_auc(after.auc)}"] if before.auc and after.auc else []
        classes = [
            f"{LABELS[label]} {count}: "
            + ", ".join(
                f"{verdict} {before.called[label][verdict]} -> {after.called[label][verdict]}"
                for verdict in before.called[label]
            )
            for label, count in enumerate(part.counts)
            if count
        ]
        yield "  ".join([f"{part.part:<15}", *aucs, *classes])


def _load_photos(config: TrainConfig) -> tuple[Images, JudgedImages]:
    """Return what the network sees of the built-in photos."""
    with tempfile.TemporaryDirectory() as folder:
        seen = [
            fit_image(load_image(path), describe_input(config.data)) for path in export_photos(Path(folder))
        ]
    owners = np.repeat(np.arange(len(seen)), [len(rows) for rows in seen])
    return np.concatenate(seen), group_images(owners, np.zeros(len(owners), np.uint8))


def _compare(part: tuple[str, Images, JudgedImages], start: StartNetwork, tuned: Tuned) -> BeforeAfter:
    name, images, judged = part
    labels = judged.labels
    before = judged.pool(start.answer(images), tuned.pool)
    after = judged.pool(tuned.answer(images), tuned.pool)
    return BeforeAfter(
        part=name,
        counts=tuple(int((labels == label).sum()) for label in range(len(LABELS))),
        pictures=len(np.unique(judged.pictures)),
        before=_sum_up(judged, before, start.decision),
        after=_sum_up(judged, after, tuned.decision),
    )


def _sum_up(judged: JudgedImages, p_fake: npt.NDArray[np.float64], decision: Decision) -> Answers:
    labels = judged.labels
    verdicts = [decide(float(p), decision) for p in p_fake]
    called = tuple(
        {
            str(verdict): sum(
                own == verdict for own, truth in zip(verdicts, labels, strict=True) if truth == label
            )
            for verdict in Label
        }
        for label in range(len(LABELS))
    )
    auc = bootstrap_interval(roc_auc, labels, p_fake, judged.pictures) if len(np.unique(labels)) > 1 else None
    return Answers(auc=auc, called=called)
