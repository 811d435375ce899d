"""The pictures below a folder, however many: listed an entry at a time, never all in memory."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fakelens.edge_runtime.pictures.formats import IMAGE_SUFFIXES, Kind, name_remedy
from fakelens.edge_runtime.pictures.walk import explain_entry, tell_kind, walk
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.skipped import Skipped
from fakelens.edge_runtime.scan.storage import list_url


def walk_folder(folder: Path, skipped: Skipped, seen: set[tuple[int, int]] | None = None) -> Iterator[Item]:
    """Yield the pictures and videos below `folder` in the order of its listings; hidden ones never count.

    Linked folders are followed, each folder once, also where several walks share what they have `seen`. What
    is left out goes to `skipped`.
    """
    last: Path | None = None
    name = key = ""
    entries = walk(folder, skipped.add_unreadable, skipped.add_run, ordered=False, seen=seen)
    for current, entry, is_plain in entries:
        if current is not last:
            last = current
            name, key = _begin(current), _begin(current.relative_to(folder)).replace(os.sep, "/")
        if _is_wanted(current, entry, skipped, is_plain=is_plain):
            yield Item(name + entry.name, key + entry.name)


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


def _is_wanted(folder: Path, entry: "os.DirEntry[str]", skipped: Skipped, *, is_plain: bool) -> bool:
    try:
        kind = tell_kind(entry, is_plain=is_plain)
    except OSError as error:
        skipped.add_unreadable(explain_entry(folder / entry.name, error))
        return False
    if kind in (Kind.OTHER, Kind.EMPTY):
        skipped.others += 1
    elif name_remedy(kind):
        skipped.needs[str(kind)] += 1
    else:
        return True
    return False
