"""Finding labelled images: DATA with real/ and fake/, optionally under train/, val/ and test/."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from fakelens.edge_runtime.contract import LABELS
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.sources import walk_images
from fakelens.edge_runtime.strenum import StrEnum

_LAYOUT = "DATA must hold real/ and fake/, or train/, val/ and test/ with real/ and fake/ in each"


class Split(StrEnum):
    """A part of a data set, kept apart from the others."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


SPLIT_FOLDERS: Mapping[str, Split] = MappingProxyType(
    {
        "train": Split.TRAIN,
        "val": Split.VAL,
        "valid": Split.VAL,
        "validation": Split.VAL,
        "test": Split.TEST,
    }
)


@dataclass(frozen=True, kw_only=True)
class LabelledImage:
    """An image file whose truth is known."""

    path: Path
    label: int  # 0 real, 1 fake: its place in `contract.LABELS`
    split: Split | None = None  # None where DATA is not split


def find_labelled(data: Path, split: Split | None = None) -> list[LabelledImage]:
    """Return the images of `split`, of all splits for None: split by split, real before fake, sorted.

    Folder names count in any case, and classes are searched through all levels below. `UsageError`
    unless each split that is returned has images of both classes.
    """
    splits = _find_splits(data)
    if split is not None and split not in splits:
        there = ", ".join(name for name in splits if name) or "none, its real/ and fake/ are not split"
        raise UsageError(f"{data}: no {split}/ folder (splits there: {there}); choose another or add it")
    chosen = [split] if split is not None else list(splits)
    return [image for part in chosen for image in _find_classes(splits[part], part)]


def list_splits(data: Path) -> list[Split]:
    """Return the splits that `data` has, none where its real/ and fake/ lie at the top."""
    return [split for split in _find_splits(data) if split is not None]


def choose_slice(images: Sequence[LabelledImage], data: Path, per_class: int) -> list[LabelledImage]:
    """Return `per_class` of `images` of each class, in their order: always the same for the same files.

    Those whose paths below `data` hash lowest; all of a class that has fewer. `UsageError` below 1.
    """
    if per_class < 1:
        raise UsageError(f"the limit is {per_class}, expected 1 or more images of each class")
    lowest = sorted(images, key=lambda image: _hash_path(image.path, data))
    of_classes = [[image for image in lowest if image.label == label] for label in range(len(LABELS))]
    chosen = {image for of_class in of_classes for image in of_class[:per_class]}
    return [image for image in images if image in chosen]


def _hash_path(path: Path, data: Path) -> bytes:
    return hashlib.sha256(path.relative_to(data).as_posix().encode(errors="surrogateescape")).digest()


def _find_splits(data: Path) -> dict[Split | None, list[Path]]:
    """Return the folders in which each split's classes lie; the key None alone where `data` is not split."""
    if not data.is_dir():
        reason = "is a file, not a folder" if data.exists() else "no such folder"
        raise UsageError(f"{data}: {reason}; {_LAYOUT}")
    named = [(SPLIT_FOLDERS.get(folder.name.lower()), folder) for folder in _list_folders(data)]
    classes = [folder.name for _, folder in named if folder.name.lower() in LABELS]
    splits: dict[Split | None, list[Path]] = {}
    for split in Split:
        folders = [folder for name, folder in named if name is split]
        if folders:
            splits[split] = folders
    if splits and classes:
        raise UsageError(
            f"{data}: holds both {classes[0]}/ and {next(iter(splits.values()))[0].name}/, so it is unclear "
            f"what belongs where; {_LAYOUT}, not both"
        )
    if not splits and not classes:
        found = ", ".join(f"{folder.name}/" for _, folder in named[:5]) or "no folders"
        raise UsageError(f"{data}: no real/ and fake/ in it (found {found}); {_LAYOUT}")
    return splits or {None: [data]}


def _find_classes(folders: list[Path], split: Split | None) -> Iterator[LabelledImage]:
    for label, name in enumerate(LABELS):
        roots = [root for folder in folders for root in _list_folders(folder) if root.name.lower() == name]
        empty = True
        for root in roots:
            for path in walk_images(root):
                empty = False
                yield LabelledImage(path=path, label=label, split=split)
        if empty:
            reason = f"no images in {roots[0].name}/" if roots else f"no {name}/ folder"
            raise UsageError(
                f"{folders[0]}: {reason}; both classes are needed, put {name} images into {name}/"
            )


def _list_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())
