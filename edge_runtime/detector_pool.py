"""Interpreters shared between threads: each inference has one to itself."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fakelens.edge_runtime.interpreter import Interpreter

_MOST = max(2, os.cpu_count() or 1)  # more at once would only take turns on the cores


class InterpreterPool:
    """Lends interpreters of one file; makes another while all are lent, up to one for each core."""

    def __init__(self, load: Callable[[], Interpreter]) -> None:
        """Make the first at once, so that a file that cannot be loaded is refused here."""
        self._load = load
        self._idle = [load()]
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST)

    @contextmanager
    def lend(self) -> Iterator[Interpreter]:
        """Yield an interpreter that nobody else uses meanwhile; wait while all are lent."""
        with self._places:
            with self._lock:
                interpreter = self._idle.pop() if self._idle else None
            if interpreter is None:
                interpreter = self._load()
            try:
                yield interpreter
            finally:
                with self._lock:
                    self._idle.append(interpreter)
