"""Cache of expensive intermediate data: decoded images, tiles, teachers' answers."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_PARTIAL = ".partial-"
_STILL_S = 3600.0  # how long nothing changes in a folder that nobody fills any more
_CANNOT_RESERVE = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS)


def fill_once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` fill `folder`, which appears when it is complete, unless it is there already.

    What killed runs left half-filled beside it goes.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder.parent)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_PARTIAL))
    try:
        with _held(partial):
            fill(partial)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was faster: what it made is the same
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def reserve_blocks(path: Path) -> None:
    """Let the disk keep room for the whole of `path`, where its file system can; `OSError` where it is full.

    A write through memory to a block that the disk has no room for kills the process.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in _CANNOT_RESERVE:
                raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a lock on `folder`, which ends with the process, however that ends."""
    with ExitStack() as held:
        with suppress(OSError):  # no locks there: nobody removes anything
            _lock(folder, held)
        yield


def _remove_abandoned(parent: Path) -> None:
    for partial in parent.glob(f"{_PARTIAL}*"):
        with suppress(OSError):
            if _is_abandoned(partial):
                shutil.rmtree(partial, ignore_errors=True)


def _is_abandoned(partial: Path) -> bool:
    """Whether nothing changes in `partial` and no process holds it; `OSError` where one does."""
    newest = max(path.stat().st_mtime for path in (partial, *partial.iterdir()))
    if time.time() - newest < _STILL_S:
        return False
    with ExitStack() as held:
        _lock(partial, held)
    return True


def _lock(folder: Path, held: ExitStack) -> None:
    """Hold a lock on `folder` while `held` is open; `OSError` where another does, or there are no locks."""
    try:
        import fcntl
    except ImportError as error:  # Windows
        raise OSError("no locks") from error
    handle = os.open(folder, os.O_RDONLY)
    held.callback(os.close, handle)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
