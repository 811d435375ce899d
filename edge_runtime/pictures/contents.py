"""The bytes of a file, read once for all who want them: the decoder, and the reader of what it says."""

import os
import stat
from pathlib import Path

_MOST_BYTES = 16 << 20  # a larger file is read where it lies, by parts
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def read_whole(source: Path | bytes) -> bytes | None:
    """Return the bytes of `source`; None for a large file, for none, and for one that cannot be read.

    Whoever reads it next says why. A pipe is left alone: what is read of it is gone.
    """
    if isinstance(source, bytes):
        return source
    try:
        found = os.stat(source)  # noqa: PTH116 (a path's own way takes as long as the reading of a small file)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            return None
        file = os.open(source, _READ_ONLY)
        try:
            content = os.read(file, found.st_size)
        finally:
            os.close(file)
    except (OSError, ValueError):  # a path with a zero byte
        return None
    return content if len(content) == found.st_size else None
