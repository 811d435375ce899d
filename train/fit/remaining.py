"""How long a run still takes, and a progress bar that says so."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from fakelens.edge_runtime.progress import format_duration

T = TypeVar("T")
_LEAST_S = 2.0  # of steps, before anything is said of the rest


class RemainingTime:
    """The time that the rest of a run takes, from all steps so far and what comes between them.

    The first step compiles the network and does not count.
    """

    def __init__(self) -> None:
        self._started: float | None = None
        self._steps = 0

    def count_step(self) -> None:
        """Note that a step is done."""
        if self._started is None:
            self._started = time.perf_counter()
        else:
            self._steps += 1

    def describe(self, steps_left: int) -> str:
        """Return `about 3 min left`, or nothing while it is too early to tell."""
        elapsed = 0.0 if self._started is None else time.perf_counter() - self._started
        if elapsed < _LEAST_S or not self._steps or not steps_left:
            return ""
        return f"about {format_duration(elapsed / self._steps * steps_left)} left"


def show_steps(batches: Iterable[T], label: str, steps: tuple[int, int], clock: RemainingTime) -> Iterator[T]:
    """Yield `batches` behind a progress bar, where stderr is a terminal; each is a step of `clock`.

    `steps` are those of the epoch, and those of the run that come after it.
    """
    console = Console(stderr=True)
    of_epoch, after = steps
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=of_epoch, left="")
        for number, batch in enumerate(batches, start=1):
            yield batch
            clock.count_step()
            progress.update(task, advance=1, left=clock.describe(of_epoch - number + after))
