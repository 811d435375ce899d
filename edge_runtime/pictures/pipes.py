"""Names that are no files: what comes out of a pipe is read once, whole; the others are refused."""

import os
import select
import stat
from contextlib import closing
from pathlib import Path

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.decode_memory import refuse_whole

WAITS_S = 5.0  # for somebody to write into a pipe, who then may take all the time there is
NOBODY_WRITES = "a pipe that nobody writes into"
_BLOCK_BYTES = 1 << 20


def read_special(path: Path, mode: int) -> bytes | None:
    """Return what comes out of a pipe; None for what is none: files, folders, disks.

    `mode` is that of the status of `path`. Raises `ImageError`, without the name, for a pipe that nobody
    writes into, and for a socket or a device: merely to open one may reset a board, and few ever end.
    """
    if stat.S_ISFIFO(mode):
        return _read_pipe(path)
    if stat.S_ISSOCK(mode):
        raise ImageError("a socket, not an image; give a file")
    if stat.S_ISCHR(mode):
        raise ImageError(
            "a terminal or other device, not an image; give a file, or a camera to `fakelens watch --source`"
        )
    return None


def _read_pipe(path: Path) -> bytes:
    # Without blocking: to open a pipe waits for a writer, without end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with closing(os.fdopen(descriptor, "rb", buffering=0)) as pipe:
        events = select.poll()
        events.register(pipe, select.POLLIN)
        content = bytearray()
        while True:
            ready = events.poll(WAITS_S * 1e3)
            block = pipe.read(_BLOCK_BYTES)
            if block is None:  # somebody has it open, and is slow
                continue
            if not ready and not content and not block:
                raise ImageError(f"{NOBODY_WRITES}; start what does first, or give a file")
            if not block:
                return bytes(content)
            content += block
            refuse_whole(len(content))
