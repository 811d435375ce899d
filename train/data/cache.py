"""Cache of expensive intermediate data: decoded images, tiles, teachers' answers."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


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
