"""Walking below a folder: each folder once, hidden names never, run directories told apart."""

import errno
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.files import is_folder
from fakelens.edge_runtime.pictures.formats import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Kind, sniff_file

_SNIFFED = {".heic", ".heif", ".hif", ".avif", ".jxl"}  # may need a package that is not there
_TRUSTED = IMAGE_SUFFIXES - _SNIFFED

# A folder, what is in it, and whether that is a file that is no link: the listing tells it.
Entry = tuple[Path, "os.DirEntry[str]", bool]


def walk(
    folder: Path,
    on_unreadable: Callable[[str], None],
    on_run: Callable[[Path], None],
    *,
    ordered: bool,
    seen: set[tuple[int, int]] | None = None,
) -> Iterator[Entry]:
    """Yield what is below `folder` and no folder, an entry at a time, those of a folder `ordered` by name.

    Linked folders are followed, after those of the tree itself: so a file has the same way to it on each
    machine. Run directories below `folder` are not looked into, nor what several walks have `seen`.
    """
    seen = set() if seen is None else seen
    pending, linked = [folder], deque[Path]()
    while pending or linked:
        current = pending.pop() if pending else linked.popleft()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            if current != folder and run_layout.is_run(current):
                on_run(current)
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(current) as listing:
                for entry in sorted(listing, key=lambda entry: entry.name) if ordered else listing:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        yield current, entry, True
                    elif entry.is_dir(follow_symlinks=False):
                        pending.append(current / entry.name)
                    elif entry.is_symlink() and is_folder(entry.path):
                        linked.append(current / entry.name)
                    else:
                        yield current, entry, False
        except OSError as error:
            on_unreadable(f"{current}: cannot be read ({error.strerror})")


def tell_kind(entry: "os.DirEntry[str]", *, is_plain: bool) -> Kind:
    """Return what `entry` is: by a common suffix, which spares a look into the file, or by content."""
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 (a Path takes longer than all else here)
    if not is_plain and not stat.S_ISREG(entry.stat().st_mode):  # raises where a link leads nowhere
        return Kind.OTHER  # a pipe would never answer
    if suffix in VIDEO_SUFFIXES:
        return Kind.VIDEO
    if suffix in _TRUSTED:
        return Kind.IMAGE
    kind = sniff_file(Path(entry.path))
    return Kind.IMAGE if suffix in IMAGE_SUFFIXES and kind in (Kind.OTHER, Kind.EMPTY) else kind


def explain_entry(path: Path, error: OSError) -> str:
    """Return the line on `path`, which cannot be looked at."""
    leads_nowhere = error.errno in (errno.ENOENT, errno.ELOOP) and path.is_symlink()
    return f"{path}: {'a link to nothing' if leads_nowhere else f'cannot be read ({error.strerror})'}"
