"""How far a scan is, how fast it goes and when it ends: a bar on a terminal, a line a minute in a log."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from fakelens.edge_runtime.progress import has_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

_LOG_EVERY_S = 60.0
_SHOW_EVERY_S = 0.2


class Pace:
    """Shows on stderr how many of `total` pictures are done."""

    def __init__(self, total: int, done: int = 0) -> None:
        """`done` were done before and say nothing of the rate."""
        self._total, self._before, self._done, self._errors = total, done, done, 0
        self._start = time.monotonic()
        self._next = self._start
        self._bar: Progress | None = None
        if has_terminal():
            self._bar = _make_bar()
            self._task = self._bar.add_task("", total=total, completed=done, rate="", errors="")
        else:
            self._next += _LOG_EVERY_S

    def __enter__(self) -> "Pace":
        """Begin to show it."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def advance(self, *, is_error: bool) -> None:
        """Count one picture."""
        self._done += 1
        self._errors += is_error
        now = time.monotonic()
        if now < self._next:
            return
        if self._bar is not None:
            self._next = now + _SHOW_EVERY_S
            errors = f"{self._errors:,} errors" if self._errors else ""
            rate = f"{self.rate(now):,.1f}/s"
            self._bar.update(self._task, completed=self._done, rate=rate, errors=errors)
        else:
            self._next = now + _LOG_EVERY_S
            print(self.describe(now), file=sys.stderr, flush=True)  # noqa: T201 (for a log)

    def rate(self, now: float | None = None) -> float:
        """Return pictures a second since this run began."""
        elapsed_s = (now or time.monotonic()) - self._start
        return (self._done - self._before) / elapsed_s if elapsed_s > 0 else 0.0

    def describe(self, now: float | None = None) -> str:
        """Return all of it in one line."""
        rate = self.rate(now)
        left_s = round((self._total - self._done) / rate) if rate else 0
        hours, minutes = divmod(left_s // 60, 60)
        left = f"{hours}:{minutes:02}:{left_s % 60:02} left" if rate else "not begun"
        share = self._done / self._total if self._total else 1.0
        return (
            f"{self._done:,} of {self._total:,} ({share:.1%}), {rate:,.1f} images/s, {left}, "
            f"{self._errors:,} errors"
        )


def _make_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("scanning"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[errors]}"),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, speed_estimate_period=600)
