"""Where decoded images, tiles and teachers' answers are kept, so that they are made once."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Return where they are kept: $FAKELENS_CACHE, else the user's cache folder."""
    base = os.environ.get("FAKELENS_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fakelens"


def fill_once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` fill `folder`, which appears when it is complete, unless it is there already."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".partial-"))
    try:
        fill(partial)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was faster: what it made is the same
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
