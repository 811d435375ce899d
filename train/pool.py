"""Work on many files at once, for what Pillow and hashlib do without the interpreter's lock."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fakelens.edge_runtime.progress import show_progress

_CHUNK = 64  # items handed out at a time: an interruption waits for no more than these

T = TypeVar("T")
R = TypeVar("R")


def map_threads(work: Callable[[T], R], items: Sequence[T], description: str) -> Iterator[R]:
    """Yield `work(item)` for each of `items`, in order, behind a progress bar; the first error ends it."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        starts = range(0, len(items), _CHUNK)
        for start in show_progress(starts, description):
            yield from pool.map(work, items[start : start + _CHUNK])
