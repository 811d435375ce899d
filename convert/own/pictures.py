"""The user's own real and fake pictures: what a foreign model is read, calibrated and held to account by."""

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.convert.run import Validation
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS, DataSource, InputSpec, Pool
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_image, load_image
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.edge_runtime.progress import show_progress

FEWEST = 10  # of each class
_MOST = 300  # of each class: more change no answer, and take long
_TRIED = 64  # of each class, to find the scaling with
_CALIBRATING_SHARE = 1 / 3  # of the pictures; the others are the measure

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OwnPictures:
    """Pictures of both classes, scaled to the model's size, in an order that follows from their bytes."""

    images_u8: ImageU8  # [n, size, size, 3]
    labels: npt.NDArray[np.uint8]  # [n], 1 is fake
    source: DataSource

    def choose_tried(self) -> npt.NDArray[np.int64]:
        """Return the rows that the scaling is found with."""
        return self._choose(lambda count: min(count, _TRIED))

    def choose_calibrating(self) -> npt.NDArray[np.int64]:
        """Return the rows that set the ranges of int8."""
        return self._choose(lambda count: round(count * _CALIBRATING_SHARE))

    def list_calibration(self) -> ImageU8:
        """Return the images that set the ranges of int8, with black and white at the ends of the input's."""
        chosen = self.images_u8[self.choose_calibrating()]
        ends = np.stack([np.zeros_like(chosen[0]), np.full_like(chosen[0], 255)])
        return np.concatenate([ends, chosen])

    def list_validation(self) -> Validation:
        """Return the images that a converted file is held against its model with: those that set no range."""
        rows = np.setdiff1d(np.arange(len(self.labels)), self.choose_calibrating())
        return Validation(
            images_u8=self.images_u8[rows],
            owners=np.arange(len(rows)),
            labels=self.labels[rows],
            pool=Pool.MEAN,
        )

    def _choose(self, count: Callable[[int], int]) -> npt.NDArray[np.int64]:
        parts = [np.flatnonzero(self.labels == label) for label in range(len(LABELS))]
        return np.sort(np.concatenate([part[: count(len(part))] for part in parts]))


def load_pictures(real: Path, fake: Path, spec: InputSpec) -> OwnPictures:
    """Return the pictures below two folders; those that cannot be read are left out, with a line each.

    `UsageError` where a folder is missing or holds too few, or both hold the same pictures.
    """
    chosen = [_choose_files(folder, name) for folder, name in ((real, "real"), (fake, "fake"))]
    both = set(chosen[0]) & set(chosen[1])
    if both:
        raise UsageError(
            f"{len(both)} pictures lie in {real} and in {fake}, such as {chosen[0][min(both)]}: keep one"
        )
    work = [(path, digest, label) for label, files in enumerate(chosen) for digest, path in files.items()]
    rows: list[ImageU8] = []
    kept: list[tuple[str, int]] = []
    for path, digest, label in show_progress(work, "reading pictures", len(work)):
        try:
            rows.append(fit_image(load_image(path), spec)[0])
            kept.append((digest, label))
        except ImageError as error:
            _log.warning("left out: %s", error)
    labels = np.array([label for _, label in kept], np.uint8)
    for label, folder in enumerate((real, fake)):
        count = int(np.sum(labels == label))
        if count < FEWEST:
            raise UsageError(
                f"{folder}: {count} {LABELS[label]} pictures that can be read, {FEWEST} are the least"
            )
    digest = hashlib.sha256("\n".join(sorted(digest for digest, _ in kept)).encode()).hexdigest()
    name = f"{real.resolve().name} and {fake.resolve().name}"
    return OwnPictures(
        images_u8=np.stack(rows), labels=labels, source=DataSource(name=name, digest=digest, images=len(kept))
    )


def _choose_files(folder: Path, name: str) -> dict[str, Path]:
    """Return files by the digest of their bytes; of very many those whose names hash lowest."""
    if not folder.is_dir():
        raise UsageError(f"--{name}-images {folder}: no such folder")
    found: dict[str, Path] = {}
    paths = sorted(walk_images(folder), key=lambda path: hashlib.sha256(os.fsencode(path.name)).digest())
    for path in paths[:_MOST]:
        try:
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
        except OSError as error:
            _log.warning("left out: %s: %s", path, error.strerror or error)
    return {digest: found[digest] for digest in sorted(found)}
