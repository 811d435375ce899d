"""Keeping what native libraries write to stderr off the user's screen."""

import ctypes
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import IO


class MutedWarnings:
    """Keeps Python's warnings off the user's screen while any thread is inside the block.

    `warnings.catch_warnings` alone is not for threads: the last one out may put back the filter of another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._kept = warnings.catch_warnings()
                self._kept.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._kept.__exit__(None, None, None)


MUTED = MutedWarnings()


@cache
def mute_libtiff() -> None:
    """Keep what libtiff says of odd files off stderr; Pillow reports its errors, its warnings do not matter.

    Pillow has no setting for it, hence the handler of the library that is loaded already. Where it cannot be
    found (no Linux) its lines stay.
    """
    try:
        lines = Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines()
        paths = {line.split(maxsplit=5)[5] for line in lines if "libtiff" in line}
        for path in paths:
            library = ctypes.CDLL(path)
            library.TIFFSetWarningHandler(None)
            library.TIFFSetErrorHandler(None)
    except (OSError, AttributeError):
        logging.getLogger(__name__).debug("libtiff cannot be muted", exc_info=True)


def silence_tensorflow() -> None:
    """Let TensorFlow log errors only, and use tf_keras; it reads both at its first import."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # What asks TensorFlow for Keras gets tf_keras, which is imported anyway, and no second one beside it.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(tensorflow|tf_keras|keras|setuptools)\b.*")


@contextmanager
def without_keras_3() -> Iterator[None]:
    """Let nothing that is imported inside the block find Keras 3, unless it is there already.

    TensorFlow Model Optimization looks into it for a module that it no longer has, which imports all of it.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # Python's own sign for "there is none"
    try:
        yield
    finally:
        del sys.modules["keras"]


def _open_scratch() -> IO[bytes]:
    """Return an empty file without a name: in memory where the system has such files, which is quicker."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


class _MutedStderr:
    """Keeps file descriptor 2 away while any thread is inside the block.

    Each on its own would take what the first one put there for the real one: the last one out would leave the
    process mute for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = -1
        self._kept: IO[bytes] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                sys.stderr.flush()
                self._kept = _open_scratch()
                self._saved = os.dup(2)
                os.dup2(self._kept.fileno(), 2)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside or self._kept is None:
                return
            os.dup2(self._saved, 2)
            os.close(self._saved)
            with self._kept as kept:
                kept.seek(0)
                logging.getLogger(__name__).debug("%s", kept.read().decode(errors="replace"))


_MUTED_STDERR = _MutedStderr()


def muted_stderr() -> AbstractContextManager[None]:
    """Keep what C++ code writes to stderr inside the block off it: it follows no log level.

    It goes to our log, at level DEBUG. The whole process is muted: not for blocks that report to the user.
    """
    return _MUTED_STDERR
