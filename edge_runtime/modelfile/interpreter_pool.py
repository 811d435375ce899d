"""Interpreters shared between threads: each inference has one to itself."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fakelens.edge_runtime.modelfile.interpreter import Interpreter

_MOST = max(2, os.cpu_count() or 1)  # more at once would only take turns on the cores


class InterpreterPool:
    """Lends interpreters of one file; makes another while all are lent, up to one for each core."""

    def __init__(self, load: Callable[[], Interpreter]) -> None:
        """Make the first at once, so that a file that cannot be loaded is refused here."""
        self._load = load
        self._idle = [load()]
        self._made = 1
        self._waiting = 0
        self._returned = threading.Condition()

    @contextmanager
    def lend(self) -> Iterator[Interpreter]:
        """Yield an interpreter that nobody else uses meanwhile; wait while all are lent."""
        interpreter = self.take()
        try:
            yield interpreter
        finally:
            self.give_back(interpreter)

    def take(self) -> Interpreter:
        """Return an interpreter that nobody else uses until `give_back`; wait while all are lent."""
        try:
            return self._idle.pop()  # one step, which no other thread can enter
        except IndexError:
            return self._wait()

    def give_back(self, interpreter: Interpreter) -> None:
        """Let others have the interpreter."""
        self._idle.append(interpreter)
        if self._waiting:  # counted before it looks a last time, so that none waits on
            with self._returned:
                self._returned.notify()

    def _wait(self) -> Interpreter:
        with self._returned:
            if self._made == _MOST:
                self._waiting += 1
                try:
                    return self._pop_in_turn()
                finally:
                    self._waiting -= 1
            self._made += 1
        try:
            return self._load()
        except BaseException:
            with self._returned:
                self._made -= 1
            raise

    def _pop_in_turn(self) -> Interpreter:
        while True:  # another thread may be quicker
            try:
                return self._idle.pop()
            except IndexError:
                self._returned.wait()
