"""Copies as people see them on the page: how many of which kind, and a few side by side."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.encode import encode_jpeg
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.audit.dataset_audit import AuditResult
from fakelens.train.audit.duplicates import Copies

_SIDE = 128  # px, about
_MOST_PAIRS = 6


@dataclass(frozen=True, kw_only=True)
class CopyCount:
    """Groups of copies of one kind, and whom they lie between."""

    what: str
    groups: int
    further: int  # copies beyond the first of each group
    within: int  # groups inside one class and one split
    across_classes: int
    across_splits: int
    across_sources: int


@dataclass(frozen=True, kw_only=True)
class ShownImage:
    """A picture beside its copy."""

    path: str
    place: str  # class and split
    thumbnail: str  # base64 of a JPEG; empty where it cannot be read


def count_copies(copies: Sequence[Copies], what: str) -> CopyCount:
    """Return how many groups there are, and between whom."""
    return CopyCount(
        what=what,
        groups=len(copies),
        further=sum(len(group.images) - 1 for group in copies),
        within=sum(not group.crosses_classes and not group.crosses_splits for group in copies),
        across_classes=sum(group.crosses_classes for group in copies),
        across_splits=sum(group.crosses_splits for group in copies),
        across_sources=sum(group.crosses_sources for group in copies),
    )


def show_pairs(result: AuditResult) -> list[tuple[ShownImage, ShownImage]]:
    """Return the first two of some groups, those across classes and splits first."""
    groups = sorted(
        (*result.lookalikes, *result.picture_copies, *result.file_copies),
        key=lambda group: (not group.crosses_classes, not group.crosses_splits),
    )
    return [_show(*_pick_two(group)) for group in groups[:_MOST_PAIRS]]


def _pick_two(group: Copies) -> tuple[LabelledImage, LabelledImage]:
    """Return the first image and one that differs from it in class, else in split, else the second."""
    first, *others = group.images
    order = sorted(others, key=lambda image: (image.label == first.label, image.split == first.split))
    return first, order[0]


def _show(*images: LabelledImage) -> tuple[ShownImage, ShownImage]:
    one, other = _draw(images)
    return one, other


def _draw(images: Sequence[LabelledImage]) -> Iterator[ShownImage]:
    for image in images:
        place = LABELS[image.label] + (f" in {image.split}" if image.split else "")
        yield ShownImage(path=str(image.path), place=place, thumbnail=_shrink(image))


def _shrink(image: LabelledImage) -> str:
    try:
        picture = load_image(image.path)
    except ImageError:
        return ""
    factor = max(1, round(max(picture.size) / _SIDE))
    return base64.b64encode(encode_jpeg(picture.reduce(factor))).decode()
