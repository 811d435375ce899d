"""The images that set the ranges of a post-training int8 file: both classes, seeded, ends pinned."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fakelens.convert.run import Run
from fakelens.edge_runtime.errors import ImageError, RunError
from fakelens.edge_runtime.modelfile.contract import LABELS, InputSpec
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_image, load_image
from fakelens.edge_runtime.pictures.sources import walk_images

_PER_CLASS = 128  # ranges have settled long before; the converter's time grows with it
_AGAIN = "train again with `fakelens train`, which picks the calibration images"


def load_calibration(run: Run) -> ImageU8:
    """Return [n, size, size, 3]: as many of each class, drawn by the run's seed, and black and white.

    Black and white pin the input range to 0..255, so that the input quantizer takes raw bytes as they
    are. Raises `RunError` where a class has no images or one cannot be decoded.
    """
    folders = [run.calibration / label for label in LABELS]
    found = [_find_images(folder) for folder in folders]
    count = min(_PER_CLASS, *map(len, found))
    generator = np.random.default_rng(run.contract.training.seed)
    chosen = [paths[index] for paths in found for index in generator.permutation(len(paths))[:count]]
    size = run.contract.input.size
    ends = np.stack([np.zeros((size, size, 3), np.uint8), np.full((size, size, 3), 255, np.uint8)])
    return np.concatenate([ends, np.stack([_load(path, run.contract.input) for path in chosen])])


def _find_images(folder: Path) -> list[Path]:
    paths = list(walk_images(folder)) if folder.is_dir() else []
    if not paths:
        raise RunError(f"{folder}: no calibration images of this class, int8 needs both; {_AGAIN}")
    return paths


def _load(path: Path, spec: InputSpec) -> ImageU8:
    try:
        return np.asarray(fit_image(load_image(path), replace(spec, tiles=1))[0], np.uint8)
    except ImageError as error:
        raise RunError(f"calibration image {error}; {_AGAIN}") from error
