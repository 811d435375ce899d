"""The pictures below a folder, however many: listed an entry at a time, never all in memory."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fakelens.edge_runtime.pictures.formats import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    Kind,
    name_remedy,
    sniff_file,
)
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.skipped import Skipped
from fakelens.edge_runtime.scan.storage import list_url

_SNIFFED = frozenset({".heic", ".heif", ".hif", ".avif", ".jxl"})  # may need a package that is not there


def walk_folder(folder: Path, skipped: Skipped) -> Iterator[Item]:
    """Yield the pictures and videos below `folder` in the order of its listings; hidden ones never count.

    Linked folders are followed, each folder once. What is left out goes to `skipped`.
    """
    seen: set[tuple[int, int]] = set()
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            name, key = _begin(current), _begin(current.relative_to(folder)).replace(os.sep, "/")
            with os.scandir(current) as listing:
                for entry in listing:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        pending.append(current / entry.name)
                    elif _is_wanted(entry, skipped):
                        yield Item(name + entry.name, key + entry.name)
        except OSError as error:
            skipped.add_unreadable(f"{current}: cannot be read ({error.strerror})")


def _begin(folder: Path) -> str:
    """Return what the names of files in `folder` begin with: a `Path` for each would take longer."""
    return str(folder / "x").removesuffix("x")


def walk_store(url: str, skipped: Skipped) -> Iterator[Item]:
    """Yield the pictures below a folder of a store, by their suffixes; what else is there is counted."""
    base = url.rstrip("/")
    for found in list_url(url):
        suffix = PurePosixPath(found).suffix.lower()
        kind = Kind.IMAGE if suffix in IMAGE_SUFFIXES else Kind.OTHER
        if any(part.startswith(".") for part in found.removeprefix(base).split("/")):
            continue
        if kind is Kind.IMAGE:
            yield Item(name=found, key=found.removeprefix(base).lstrip("/"))
        else:
            skipped.others += 1


def _is_wanted(entry: "os.DirEntry[str]", skipped: Skipped) -> bool:
    try:
        kind = _tell_kind(entry)
    except OSError as error:
        reason = "a link to nothing" if entry.is_symlink() else f"cannot be read ({error.strerror})"
        skipped.add_unreadable(f"{entry.path}: {reason}")
        return False
    if kind in (Kind.OTHER, Kind.EMPTY):
        skipped.others += 1
    elif name_remedy(kind):
        skipped.needs[str(kind)] += 1
    else:
        return True
    return False


def _tell_kind(entry: "os.DirEntry[str]") -> Kind:
    """Return what `entry` is: by a common suffix, which spares a look into the file, or by content."""
    if not entry.is_file():
        entry.stat()  # raises where a link leads nowhere
        return Kind.OTHER  # a pipe would never answer
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 (a Path takes longer than all else here)
    if suffix in VIDEO_SUFFIXES:
        return Kind.VIDEO
    if suffix in IMAGE_SUFFIXES - _SNIFFED:
        return Kind.IMAGE
    kind = sniff_file(Path(entry.path))
    return Kind.IMAGE if suffix in IMAGE_SUFFIXES and kind in (Kind.OTHER, Kind.EMPTY) else kind
