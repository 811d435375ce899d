"""Where images come from: files, folders, glob patterns."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})


def find_images(paths: Iterable[str]) -> list[Path]:
    """Return the files that `paths` name, each once, in order.

    A folder stands for the images below it, by suffix, sorted; a pattern for what it matches; a file
    for itself, whatever its suffix. A file that does not exist is kept: checking it tells why.
    Raises `UsageError` where a folder or pattern holds no image.
    """
    found: dict[Path, None] = {}
    for name in paths:
        found.update(dict.fromkeys(_expand(name)))
    return list(found)


def walk_images(folder: Path) -> Iterator[Path]:
    """Yield the image files below `folder` by suffix, sorted; hidden files and folders are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in IMAGE_SUFFIXES and not hidden and path.is_file():
            yield path


def _expand(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        images = list(walk_images(path))
        if not images:
            raise UsageError(f"{name}: no images in this folder ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return images
    if path.exists() or not glob.has_magic(name):
        return [path]
    # The shell's rules: Path.glob would take hidden files too, and refuse `**.jpg`.
    matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207
    files = [match for match in matches if match.is_file()]
    if not files:
        raise UsageError(f"{name}: the pattern matches no file")
    return files
