"""Progress on long work: on stderr, and only where that is a terminal."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_MINUTE = 60  # seconds


def show_progress(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield `items` behind a progress bar that leaves no trace when it is done."""
    from rich.console import Console  # here, as below: most runs show none, and loading it takes long

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    from rich.progress import track

    yield from track(items, description, total=total, console=console, transient=True)


def format_duration(seconds: float) -> str:
    """Return `40 s`, `3 min` or `1 h 20 min`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
