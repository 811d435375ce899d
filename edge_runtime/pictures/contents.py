"""The bytes of a file, read once for all who want them: the decoder, and the reader of what it says."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.decode_memory import refuse_whole

_MOST_BYTES = 16 << 20  # a larger file is read where it lies, by parts
_BLOCK_BYTES = 1 << 20
_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def take_source(image: object) -> Path | bytes:
    """Return the path or the encoded bytes that `image` is; `ImageError` for anything else."""
    if isinstance(image, str | os.PathLike):
        return Path(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    raise ImageError(
        f"a {type(image).__name__} is no image: give a path, encoded bytes, a Pillow image or an array"
    )


def read_whole(source: Path | bytes) -> bytes | None:
    """Return the bytes of `source`; None for a large file, for none, and for one that cannot be read.

    Whoever reads it next says why. What is read of a pipe is gone, so that it is read whole at any size.
    Raises `ImageError` for a pipe that nobody writes into, and for what else is no file and would not end.
    """
    if isinstance(source, bytes):
        return source
    try:
        found = os.stat(source)  # noqa: PTH116 (a path's own way takes as long as the reading of a small file)
        if not stat.S_ISREG(found.st_mode):
            return _read_named(source, found.st_mode)
        if found.st_size > _MOST_BYTES:
            return None
        file = os.open(source, _READ_ONLY)
        try:
            content = os.read(file, found.st_size)
        finally:
            os.close(file)
    except (OSError, ValueError):  # a path with a zero byte
        return None
    return content if len(content) == found.st_size else None


def read_unless_file(path: Path) -> bytes | None:
    """Return what comes out of a pipe, which can be read once; None for a file.

    Raises `ImageError`, without the name, for what is no file and would not end.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116 (a path's own way takes longer)
    return None if stat.S_ISREG(mode) else _read_special(path, mode)


def _read_special(path: Path, mode: int) -> bytes | None:
    from fakelens.edge_runtime.pictures.pipes import read_special  # nearly all are files

    return read_special(path, mode)


def _read_named(path: Path, mode: int) -> bytes | None:
    try:
        return _read_special(path, mode)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error


def read_stream(stream: BinaryIO) -> bytes:
    """Return what comes out of `stream`, such as standard input; `ImageError` where that is too much."""
    content = bytearray()
    while block := stream.read(_BLOCK_BYTES):
        content += block
        refuse_whole(len(content))
    return bytes(content)


def read_all(source: Path | BinaryIO) -> bytes:
    """Return the bytes of a file or of an open stream; `ImageError` where a file is too large for that."""
    if not isinstance(source, Path):
        source.seek(0)
        return source.read()
    refuse_whole(source.stat().st_size)
    return source.read_bytes()
