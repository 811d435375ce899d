"""Folders as data sets are handed out: which ones hold real pictures, which fakes, and in which split.

Known by name, in any case: real and fake, 0_real and 1_fake, nature and ai, training_real and training_fake,
Real Images and AI Images, Celeb-real and Celeb-synthesis, original_sequences and manipulated_sequences.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.benchmarks.splits import SPLIT_FOLDERS, Split
from fakelens.benchmarks.unclear_layouts import (
    ask_for_flags,
    describe_missing,
    list_names,
    list_picture_folders,
    name_folders,
)
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.sources import list_folders, scan_folder

REAL_WORDS = frozenset(
    [
        "real",
        "reals",
        "nature",
        "natural",
        "human",
        "humans",
        "original",
        "originals",
        "authentic",
        "genuine",
        "pristine",
    ]
)
FAKE_WORDS = frozenset(
    [
        "fake",
        "fakes",
        "ai",
        "aigc",
        "generated",
        "synthetic",
        "synthesis",
        "synthesized",
        "artificial",
        "deepfake",
        "deepfakes",
        "manipulated",
        "forged",
    ]
)
_FILLERS = frozenset(
    [
        "0",
        "1",
        "image",
        "images",
        "img",
        "imgs",
        "picture",
        "pictures",
        "pic",
        "pics",
        "photo",
        "photos",
        "face",
        "faces",
        "art",
        "data",
        "celeb",
        "you",
        "tube",
        "youtube",
        "sequences",
        "frames",
    ]
)
_MASKS = "mask"  # of fakes: see `labelled.find_mask`
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What tells the classes of DATA apart, where that is not to be found by itself."""

    real: tuple[str, ...] = ()  # names of folders, or their paths below DATA; with a list, its labels
    fake: tuple[str, ...] = ()
    list_file: str = ""  # a CSV or JSON list of pictures; without it, folders say what is what
    path_column: str = ""  # of the list; found by its name where empty
    label_column: str = ""


@dataclass(frozen=True, kw_only=True)
class ClassFolder:
    """A folder whose pictures are all of one class and one split."""

    path: Path
    label: int
    split: Split | None
    source: str  # the folders above it, below DATA, but that of its split


def read_name(name: str) -> tuple[int | None, Split | None]:
    """Return the class and the split that the name of a folder, or a label, says; None where it says none."""
    words = [word.lower() for word in _WORDS.findall(name)]
    splits = {SPLIT_FOLDERS[word] for word in words if word in SPLIT_FOLDERS}
    labels = {0 if word in REAL_WORDS else 1 for word in words if word in REAL_WORDS | FAKE_WORDS}
    known = REAL_WORDS | FAKE_WORDS | _FILLERS | SPLIT_FOLDERS.keys()
    if not set(words) <= known or len(labels) != 1 or len(splits) > 1:
        return None, None
    return labels.pop(), next(iter(splits), None)


def find_class_folders(data: Path, layout: Layout) -> list[ClassFolder]:
    """Return the folders of `data` that hold a class, those of one split together, train first.

    All of `data` is split, or none of it. Raises `LayoutError` where no folder says what it holds.
    """
    if not data.is_dir():
        raise UsageError(describe_missing(data))
    named = bool(layout.real or layout.fake)
    read = _read_by_flags(data, layout) if named else _read_by_name
    found = list(_search(data, _Place(everywhere=named), read))
    if not named and len({folder.label for folder in found}) < len(
        LABELS
    ):  # else one strange name is no class
        usual = [folder for folder in found if folder.path.name.lower() in LABELS]
        known = {folder.path: folder.label for folder in found}
        if len(usual) < len(found) or (usual and name_folders(data, known)[1]):
            raise ask_for_flags(data, known)
        found = usual
    _check_flags(data, layout, found)
    if not found:
        raise ask_for_flags(data, {})
    if all(folder.split is None and _is_split_inside(folder.path) for folder in found):
        found = [part for folder in found for part in _open_class(folder)]
    order = [None, *Split]
    return sorted(found, key=lambda folder: order.index(folder.split))


def list_unused(data: Path, folders: Sequence[ClassFolder]) -> list[Path]:
    """Return the topmost folders of `data` with pictures that belong to none of `folders`, and hold none."""
    used = {folder.path for folder in folders}
    above = {parent for path in used for parent in path.parents if parent.is_relative_to(data)}
    others = sorted({child for parent in above for child in list_folders(parent)} - used - above)
    shown = [path for path in others if path.name != _MASKS and not path.name.startswith(".")]
    return [path for path in shown if scan_folder(path).paths]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a search stands."""

    source: tuple[str, ...] = ()
    split: Split | None = None
    everywhere: bool = False  # also beside folders that hold classes


_Reader = Callable[[Path], tuple[int | None, Split | None]]


def _search(folder: Path, place: _Place, read: _Reader) -> Iterator[ClassFolder]:
    """Yield the folders with a class below `folder`; beside such ones, no source lies deeper."""
    below = list_folders(folder)
    classes = _name_classes(below, read)
    splits = [child for child in below if child.name.lower() in SPLIT_FOLDERS and child not in classes]
    if place.split is not None:
        splits = [child for child in splits if SPLIT_FOLDERS[child.name.lower()] is place.split]
    source = "/".join(place.source)
    for child, (label, split) in classes.items():
        yield ClassFolder(path=child, label=label, split=split or place.split, source=source)
    for child in splits:
        yield from _search(child, replace(place, split=SPLIT_FOLDERS[child.name.lower()]), read)
    if not place.everywhere and (classes or (splits and place.split is None)):
        return
    for child in below:
        if not child.name.startswith(".") and child not in splits and child not in classes:
            yield from _search(child, replace(place, source=(*place.source, child.name)), read)


def _name_classes(below: Sequence[Path], read: _Reader) -> dict[Path, tuple[int, Split | None]]:
    """Return the class and the split of those folders whose names say one.

    Beside real/ and fake/ no other name counts, and a split that all names say, as in training_real and
    training_fake without others, is none.
    """
    found = {child: read(child) for child in below}
    classes = {child: (label, split) for child, (label, split) in found.items() if label is not None}
    usual = {child for child in classes if child.name.lower() in LABELS}
    if len({classes[child][0] for child in usual}) == len(LABELS):
        classes = {child: classes[child] for child in usual}
    if len({split for _, split in classes.values()}) == 1:
        return {child: (label, None) for child, (label, _) in classes.items()}
    return classes


def _open_class(folder: ClassFolder) -> Iterator[ClassFolder]:
    """Yield the splits in `folder`."""
    for child in list_folders(folder.path):
        if child.name.lower() in SPLIT_FOLDERS:
            yield replace(folder, path=child, split=SPLIT_FOLDERS[child.name.lower()])


def _is_split_inside(folder: Path) -> bool:
    below = list_folders(folder)
    return bool(below) and all(child.name.lower() in SPLIT_FOLDERS for child in below)


def _read_by_name(folder: Path) -> tuple[int | None, Split | None]:
    """Return what the name of `folder` says; but a source that is called so holds real/ or fake/ itself."""
    name = folder.name.lower()
    if name in LABELS:
        return LABELS.index(name), None
    label, split = read_name(folder.name)
    return (None, None) if label is not None and _holds_classes(folder) else (label, split)


def _holds_classes(folder: Path) -> bool:
    below = list_folders(folder)
    if any(child.name.lower() in LABELS for child in below):
        return True
    return any(_holds_classes(child) for child in below if child.name.lower() in SPLIT_FOLDERS)


def _read_by_flags(data: Path, layout: Layout) -> _Reader:
    """Return a reader of folders by the names, or paths below `data`, that `layout` has."""
    wanted = {
        _normalize(name): label for label, names in enumerate((layout.real, layout.fake)) for name in names
    }

    def read(folder: Path) -> tuple[int | None, Split | None]:
        path = folder.relative_to(data).as_posix().lower()
        return wanted.get(path, wanted.get(folder.name.lower())), None

    return read


def _normalize(name: str) -> str:
    return Path(name).as_posix().lower()


def _check_flags(data: Path, layout: Layout, found: Sequence[ClassFolder]) -> None:
    """Raise `UsageError` where a name that was given is of no folder, or is given for both classes."""
    both = {_normalize(name) for name in layout.real} & {_normalize(name) for name in layout.fake}
    if both:
        raise UsageError(f"--real and --fake both name {min(both)}: a folder has one class")
    paths = [folder.path.relative_to(data).as_posix().lower() for folder in found]
    parts = {part for path in paths for part in (path, *path.split("/"))}
    for option, names in (("--real", layout.real), ("--fake", layout.fake)):
        for name in names:
            if _normalize(name) not in parts:
                there = list_names([path.relative_to(data) for path in list_picture_folders(data)])
                raise UsageError(f"{option} {name}: no such folder in {data} (found {there})")
