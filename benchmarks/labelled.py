"""Finding labelled images: DATA with real/ and fake/, optionally under train/, val/ and test/.

DATA may also hold such folders, one for each source, at any depth; a source may have one class only.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from fakelens.edge_runtime.contract import LABELS
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.sources import walk_images

DIGEST_LENGTH = 20  # hex digits

_LAYOUT = (
    "DATA must hold real/ and fake/, or train/, val/ and test/ with real/ and fake/ in each; or one such "
    "folder for each source"
)


MASK_FOLDER = "mask"  # of pictures that show which pixels are not the camera's: white is manipulated


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
    source: str = ""  # the folder of its source below DATA, such as `photos/imagenet`


def find_labelled(data: Path, split: Split | None = None) -> list[LabelledImage]:
    """Return the images of `split`, of all splits for None: split by split, real before fake, sorted.

    Folder names count in any case, and classes are searched through all levels below. `UsageError`
    unless each split that is returned has images of both classes.
    """
    folders = _find_splits(data)
    splits = list(dict.fromkeys(folder.split for folder in folders))
    if split is not None and split not in splits:
        there = ", ".join(name for name in splits if name) or "none, its real/ and fake/ are not split"
        raise UsageError(f"{data}: no {split}/ folder (splits there: {there}); choose another or add it")
    chosen = [split] if split is not None else splits
    return [image for part in chosen for image in _find_classes([f for f in folders if f.split is part])]


def list_splits(data: Path) -> list[Split]:
    """Return the splits that `data` has, none where its real/ and fake/ lie at the top."""
    return list(dict.fromkeys(folder.split for folder in _find_splits(data) if folder.split is not None))


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


def limit_sources(images: Sequence[LabelledImage], most: int) -> list[LabelledImage]:
    """Return at most `most` of `images` of each source, class and split, always the same for the same names.

    The choice hangs on source and name, not on the class: of a source of pairs, whole pairs are chosen.
    """
    groups: dict[tuple[str, int, Split | None], list[LabelledImage]] = defaultdict(list)
    for image in images:
        groups[image.source, image.label, image.split].append(image)
    chosen = {image for group in groups.values() for image in sorted(group, key=_hash_name)[:most]}
    return [image for image in images if image in chosen]


def find_mask(image: Path) -> Path | None:
    """Return the mask of a manipulated image, where there is one: fake/a.jpg has mask/a.png beside fake/."""
    mask = image.parent.parent / MASK_FOLDER / f"{image.stem}.png"
    return mask if mask.is_file() else None


def _hash_name(image: LabelledImage) -> bytes:
    return hashlib.sha256(f"{image.source} {image.path.stem}".encode(errors="surrogateescape")).digest()


def _hash_path(path: Path, data: Path) -> bytes:
    return hashlib.sha256(path.relative_to(data).as_posix().encode(errors="surrogateescape")).digest()


@dataclass(frozen=True, kw_only=True)
class _Folder:
    """A folder with real/ or fake/ in it."""

    path: Path
    source: str
    split: Split | None


def _find_splits(data: Path) -> list[_Folder]:
    """Return the folders in which classes lie, split by split; all of `data` is split, or none of it."""
    if not data.is_dir():
        reason = "is a file, not a folder" if data.exists() else "no such folder"
        raise UsageError(f"{data}: {reason}; {_LAYOUT}")
    folders = list(_search(data, data))
    if not folders:
        found = ", ".join(f"{folder.name}/" for folder in _list_folders(data)[:5]) or "no folders"
        raise UsageError(f"{data}: no real/ and fake/ in it (found {found}); {_LAYOUT}")
    whole = [folder for folder in folders if folder.split is None]
    if whole and len(whole) < len(folders):
        split = next(folder for folder in folders if folder.split is not None)
        raise UsageError(
            f"{data}: holds both {_name_class(whole[0].path)} and {split.path.relative_to(data)}/, so it is "
            f"unclear what belongs where; {_LAYOUT}, not both"
        )
    order = list(Split)
    return sorted(folders, key=lambda folder: -1 if folder.split is None else order.index(folder.split))


def _search(folder: Path, data: Path) -> Iterator[_Folder]:
    """Yield the folders with classes at or below `folder`; where there are some, no source lies deeper."""
    source = "" if folder == data else folder.relative_to(data).as_posix()
    below = _list_folders(folder)
    splits = [
        (SPLIT_FOLDERS[child.name.lower()], child) for child in below if child.name.lower() in SPLIT_FOLDERS
    ]
    if any(child.name.lower() in LABELS for child in below):
        yield _Folder(path=folder, source=source, split=None)
    elif not splits:
        for child in below:
            if not child.name.startswith("."):
                yield from _search(child, data)
    for split, child in splits:
        yield _Folder(path=child, source=source, split=split)


def _name_class(folder: Path) -> str:
    return next(f"{child.name}/" for child in _list_folders(folder) if child.name.lower() in LABELS)


def _find_classes(folders: Sequence[_Folder]) -> Iterator[LabelledImage]:
    """Yield the images of one split, real before fake; each class must have some, in whichever source."""
    for label, name in enumerate(LABELS):
        roots = [
            (root, folder)
            for folder in folders
            for root in _list_folders(folder.path)
            if root.name.lower() == name
        ]
        empty = True
        for root, folder in roots:
            for path in walk_images(root):
                empty = False
                yield LabelledImage(path=path, label=label, split=folder.split, source=folder.source)
        if empty:
            reason = f"no images in {roots[0][0].name}/" if roots else f"no {name}/ folder"
            raise UsageError(
                f"{folders[0].path}: {reason}; both classes are needed, put {name} images into {name}/"
            )


def _list_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())
