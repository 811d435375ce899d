"""The real photos that fakes are made from: where they lie, which split each is in, which are chosen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH
from fakelens.benchmarks.splits import SPLIT_FOLDERS, Split
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.edge_runtime.pictures.sources import list_folders, walk_images
from fakelens.train.fakes.photo_survey import split_photos

_FEWEST_PHOTOS = 3  # of a folder without splits: one for each
_CUT_GRID_PX = 16  # a cut starts on it: the blocks of a photo's JPEG history stay where they were


@dataclass(frozen=True, kw_only=True)
class Original:
    """A real photo's file."""

    path: Path
    source: str  # the folder above its split; empty where there is none
    split: Split

    def digest(self) -> str:
        """Return the beginning of the SHA-256 of the file: the name of what is made from it."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:DIGEST_LENGTH]


def find_originals(folder: Path, seed: int) -> list[Original]:
    """Return the real photos below `folder`, sorted by path.

    `folder` holds photos, to be split by `seed`, or train/ and test/ (or val/) with real/ in each, or such
    folders, one a source: given splits are kept, and only what lies in real/ is taken. Raises `UsageError`
    where there is nothing to train on.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder of photos")
    sources = [part for part in (folder, *_list_folders(folder)) if _find_splits(part)]
    if sources:
        found = [photo for source in sources for photo in _read_source(source)]
    else:
        found = _split_folder(folder, seed)
    if not any(photo.split is Split.TRAIN for photo in found):
        remedy = "put real photos into train/real/" if sources else "give a folder of real photos"
        raise UsageError(f"{folder} holds no photos to train on: {remedy}")
    return sorted(found, key=lambda photo: photo.path)


def choose_evenly(photos: Sequence[Original], count: int, seed: int, purpose: str) -> list[Original]:
    """Return about `count` of `photos`, as many of each source as of any other that has so many.

    The choice hangs on `seed` and `purpose`, so that two generators do not always get the same photos.
    """
    sources: dict[str, list[Original]] = {}
    for photo in photos:
        sources.setdefault(photo.source, []).append(photo)
    chosen: list[Original] = []
    by_size = sorted(sources.items(), key=lambda item: (len(item[1]), item[0]))
    for position, (name, members) in enumerate(by_size):  # what a small one lacks, the larger ones give
        share = round((count - len(chosen)) / (len(by_size) - position))
        rng = np.random.default_rng([seed, *f"{purpose} {name}".encode(errors="surrogateescape")])
        chosen += [members[index] for index in rng.permutation(len(members))[:share]]
    return sorted(chosen, key=lambda photo: photo.path)


def load_cut(path: Path, most_px: int, fewest_px: int) -> ImageU8:
    """Return the photo, uint8 [h, w, 3], or its middle where a side has more than `most_px`; never resized.

    Raises `ImageError` for what cannot be decoded or has a side below `fewest_px`.
    """
    image = load_image(path)
    if min(image.size) < fewest_px:
        raise ImageError(
            f"{path}: {image.width} x {image.height} px, at least {fewest_px} x {fewest_px} needed"
        )
    left, top = (max(0, side - most_px) // 2 // _CUT_GRID_PX * _CUT_GRID_PX for side in image.size)
    right, below = min(image.width, left + most_px), min(image.height, top + most_px)
    return np.asarray(image.crop((left, top, right, below)), dtype=np.uint8)


def _list_folders(folder: Path) -> list[Path]:
    return [path for path in list_folders(folder) if not path.name.startswith(".")]


def _find_splits(source: Path) -> list[tuple[Split, Path]]:
    """Return the real/ folders of `source` with their splits."""
    return [
        (SPLIT_FOLDERS[part.name.lower()], real)
        for part in _list_folders(source)
        if part.name.lower() in SPLIT_FOLDERS
        for real in _list_folders(part)
        if real.name.lower() == LABELS[0]
    ]


def _read_source(source: Path) -> list[Original]:
    return [
        Original(path=path, source=source.name, split=split)
        for split, real in _find_splits(source)
        for path in walk_images(real)
    ]


def _split_folder(folder: Path, seed: int) -> list[Original]:
    paths = list(walk_images(folder))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    if len(set(digests)) < _FEWEST_PHOTOS:
        raise UsageError(
            f"{folder} holds {len(set(digests))} photos, at least {_FEWEST_PHOTOS} are needed, one each for "
            "train, val and test: add photos"
        )
    splits = split_photos([(False, digest) for digest in digests], seed)
    return [Original(path=path, source="", split=split) for path, split in zip(paths, splits, strict=True)]
