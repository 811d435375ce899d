"""Progress on long work: on stderr, and only where that is a terminal."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_MINUTE = 60  # seconds
_RICH_SETTINGS = ("FORCE_COLOR", "TTY_COMPATIBLE")  # say of a stream that is no terminal that it is one


def show_progress(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield `items` behind a progress bar that leaves no trace when it is done."""
    if not has_terminal():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(items, description, total=total, console=console, transient=True)


def has_terminal() -> bool:
    """Whether stderr is a terminal, as rich sees it; it is loaded only where it may be one: it takes long."""
    if not sys.stderr.isatty() and not any(name in os.environ for name in _RICH_SETTINGS):
        return False
    from rich.console import Console

    return Console(stderr=True).is_terminal


def format_duration(seconds: float) -> str:
    """Return `40 s`, `3 min` or `1 h 20 min`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
