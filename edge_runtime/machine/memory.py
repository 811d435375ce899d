"""Limit on decoded pictures in memory, by their bytes and not by their number."""

import ctypes
import sys
import threading
from collections import Counter
from functools import cache

_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
_LARGE_BYTES = 4 << 20


class ByteBudget:
    """Lets threads hold pictures up to a number of bytes together; whoever is first in line never waits.

    Results are asked for in order, so the first in line must go on, whatever the others hold.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._held: Counter[int] = Counter()
        self._first = 0
        self._open = False
        self._changed = threading.Condition()

    def reserve(self, place: int, size_bytes: int) -> None:
        """Wait until `size_bytes` more fit in, or until `place` is the first in line."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._open
                    or place <= self._first
                    or self._held.total() + size_bytes <= self._budget_bytes
                )
            )
            self._held[place] += size_bytes

    def release(self, place: int) -> None:
        """Give back all that `place` holds."""
        if place not in self._held:  # only its own thread adds to it
            return
        with self._changed:
            self._held.pop(place, None)
            self._changed.notify_all()

    def finish(self, place: int) -> None:
        """Give back all that `place` holds, and let the next one be the first in line."""
        with self._changed:
            self._held.pop(place, None)
            self._first = max(self._first, place + 1)
            self._changed.notify_all()

    def lift(self) -> None:
        """Let everybody pass: nobody asks for the results any more."""
        with self._changed:
            self._open = True
            self._changed.notify_all()


@cache
def return_large_blocks() -> None:
    """Let freed blocks of pictures go back to the system at once.

    glibc raises its limit for that to 32 MB by itself, and then each thread keeps what its largest picture
    took: eight pictures of 100 megapixels left 2 GB behind in four threads. Elsewhere nothing is done.
    """
    if sys.platform.startswith("linux"):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
