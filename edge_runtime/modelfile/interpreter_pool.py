"""Interpreters shared between threads: each inference has one to itself."""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from fakelens.edge_runtime.modelfile.interpreter import Interpreter

MOST = max(2, os.cpu_count() or 1)  # more at once would only take turns on the cores


class InterpreterPool:
    """Lends interpreters of one file, each of a number of threads of its own.

    It makes another while no such one is idle, up to one for each core; then an idle one of another number of
    threads gives way.
    """

    def __init__(self, load: Callable[[int], Interpreter], threads: int) -> None:
        """Make the first, of `threads`, at once, so that a file that cannot be loaded is refused here."""
        self._load = load
        self._idle: defaultdict[int, list[Interpreter]] = defaultdict(list)  # by their number of threads
        self._idle[threads].append(load(threads))
        self._made = 1
        self._waiting = 0
        self._returned = threading.Condition()

    @contextmanager
    def lend(self, threads: int) -> Iterator[Interpreter]:
        """Yield an interpreter of `threads` that nobody else uses meanwhile; wait while all are lent."""
        interpreter = self.take(threads)
        try:
            yield interpreter
        finally:
            self.give_back(interpreter, threads)

    def take(self, threads: int) -> Interpreter:
        """Return an interpreter that nobody else uses until `give_back`; wait while all are lent."""
        try:
            return self._idle[threads].pop()  # one step, which no other thread can enter
        except IndexError:
            return self._wait(threads)

    def give_back(self, interpreter: Interpreter, threads: int) -> None:
        """Let others have the interpreter, which was taken for `threads`."""
        self._idle[threads].append(interpreter)
        if self._waiting:  # counted before it looks a last time, so that none waits on
            with self._returned:
                self._returned.notify()

    def _wait(self, threads: int) -> Interpreter:
        with self._returned:
            self._waiting += 1
            try:
                while True:
                    with suppress(IndexError):  # another thread may be quicker
                        return self._idle[threads].pop()
                    if self._made < MOST or self._give_way(threads):
                        break
                    self._returned.wait()
            finally:
                self._waiting -= 1
            self._made += 1
        try:
            return self._load(threads)
        except BaseException:
            with self._returned:
                self._made -= 1
                self._returned.notify()
            raise

    def _give_way(self, threads: int) -> bool:
        """Leave an idle interpreter of another number than `threads` to be freed; return whether one was."""
        for others in [idle for count, idle in self._idle.items() if count != threads]:
            try:
                others.pop()
            except IndexError:
                continue
            self._made -= 1
            return True
        return False
