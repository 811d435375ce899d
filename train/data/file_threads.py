"""Work on many files at once, for what Pillow and hashlib do without the interpreter's lock."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.workers import map_in_order

T = TypeVar("T")
R = TypeVar("R")


def map_threads(work: Callable[[T], R], items: Sequence[T], description: str) -> Iterator[R]:
    """Yield `work(item)` for each of `items`, in order, behind a progress bar; the first error ends it."""
    results = map_in_order(work, items, os.cpu_count() or 1)
    yield from show_progress(results, description, len(items))
