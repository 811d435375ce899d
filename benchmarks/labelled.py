"""Finding labelled images: DATA with real/ and fake/, optionally under train/, val/ and test/, or a list.

DATA may also hold such folders, one for each source, at any depth; a source may have one class only. Other
names of folders that are known are in `layouts`, lists in `image_lists`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.image_lists import read_list
from fakelens.benchmarks.layouts import ClassFolder, Layout, find_class_folders
from fakelens.benchmarks.splits import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.sources import scan_folder, walk_images

__all__ = [
    "DIGEST_LENGTH",
    "MASK_FOLDER",
    "LabelledImage",
    "Layout",
    "Split",
    "choose_slice",
    "find_labelled",
    "find_mask",
    "limit_sources",
    "list_splits",
]
DIGEST_LENGTH = 20  # hex digits
MASK_FOLDER = "mask"  # of pictures that show which pixels are not the camera's: white is manipulated


@dataclass(frozen=True, kw_only=True)
class LabelledImage:
    """An image file whose truth is known."""

    path: Path
    label: int  # 0 real, 1 fake: its place in `contract.LABELS`
    split: Split | None = None  # None where DATA is not split
    source: str = ""  # the folder of its source below DATA, such as `photos/imagenet`


def find_labelled(
    data: Path, split: Split | None = None, layout: Layout | None = None
) -> list[LabelledImage]:
    """Return the images of `split`, of all splits for None: split by split, real before fake, sorted.

    Folder names count in any case, and classes are searched through all levels below; `layout` names them,
    or a list, where that is not enough. `UsageError` unless each split that is returned has images of both
    classes.
    """
    layout = layout or Layout()
    found = _read_images(data, layout) if layout.list_file else []
    folders = [] if layout.list_file else _find_folders(data, layout)
    splits = list(dict.fromkeys([*(i.split for i in found), *(folder.split for folder in folders)]))
    if split is not None and split not in splits:
        there = ", ".join(name for name in splits if name) or "none, its real/ and fake/ are not split"
        raise UsageError(f"{data}: no {split}/ folder (splits there: {there}); choose another or add it")
    if layout.list_file:
        return found if split is None else [image for image in found if image.split is split]
    chosen = [split] if split is not None else splits
    return [
        image
        for part in chosen
        for image in _find_classes(data, [folder for folder in folders if folder.split is part])
    ]


def list_splits(data: Path, layout: Layout | None = None) -> list[Split]:
    """Return the splits that `data` has, none where its real/ and fake/ lie at the top."""
    layout = layout or Layout()
    found = _read_images(data, layout) if layout.list_file else _find_folders(data, layout)
    return list(dict.fromkeys(each.split for each in found if each.split is not None))


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
    name = path.relative_to(data) if path.is_relative_to(data) else path  # a list may name files elsewhere
    return hashlib.sha256(name.as_posix().encode(errors="surrogateescape")).digest()


def _read_images(data: Path, layout: Layout) -> list[LabelledImage]:
    """Return the images of a list, split by split, real before fake, sorted."""
    images = [
        LabelledImage(path=entry.path, label=entry.label, split=entry.split, source=entry.source)
        for entry in read_list(Path(layout.list_file), data, layout)
    ]
    order = [None, *Split]
    return sorted(images, key=lambda image: (order.index(image.split), image.label, image.path))


def _find_folders(data: Path, layout: Layout) -> list[ClassFolder]:
    """Return the folders in which classes lie, split by split; all of `data` is split, or none of it."""
    folders = find_class_folders(data, layout)
    whole = [folder for folder in folders if folder.split is None]
    if whole and len(whole) < len(folders):
        split = next(folder for folder in folders if folder.split is not None)
        first = min(whole, key=lambda folder: folder.path)
        names = [f"{folder.path.relative_to(data).as_posix()}/" for folder in (first, split)]
        raise UsageError(
            f"{data}: holds both {names[0]} and {names[1]}, of which only the second is in a split, so it is "
            "unclear what belongs where; put all of it into train/, val/ and test/, or none"
        )
    return folders


def _find_classes(data: Path, folders: Sequence[ClassFolder]) -> Iterator[LabelledImage]:
    """Yield the images of one split, real before fake; each class must have some, in whichever source."""
    for label, name in enumerate(LABELS):
        of_class = [folder for folder in folders if folder.label == label]
        empty = True
        for folder in of_class:
            for path in walk_images(folder.path):
                empty = False
                yield LabelledImage(path=path, label=label, split=folder.split, source=folder.source)
        if empty:
            raise UsageError(_describe_empty(data, name, folders[0], of_class))


def _describe_empty(data: Path, name: str, first: ClassFolder, of_class: Sequence[ClassFolder]) -> str:
    """Return why there is no image of a class, and what to do about it."""
    remedy = f"both classes are needed, put {name} images into {name}/"
    if not of_class:
        place = data if first.split is None else data / first.path.relative_to(data).parts[0]
        return f"{place}: no {name}/ folder; {remedy}"
    folder = of_class[0].path
    videos = len(scan_folder(folder, videos=True).paths)
    if videos:
        return (
            f"{folder}: no images but {videos} videos; cut frames out of them first, such as with "
            "`ffmpeg -i clip.mp4 -vf fps=1 clip-%04d.png`"
        )
    return f"{folder.parent}: no images in {folder.name}/; {remedy}"
