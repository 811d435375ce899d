"""What it costs to ask a photo of five megabytes what it says of itself, beside decoding it.

Run as `python -m fakelens.benchmarks.studies.statement_cost`; one process, the two in turns. On a busy
machine look at the share of decoding, which both suffer alike, rather than at the time.
"""

import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.provenance.containers.reader import read_parts
from fakelens.edge_runtime.provenance.inspection import Inspection

GOAL_MS = 3.0


@dataclass(frozen=True, kw_only=True)
class StatementCost:
    """Medians over the runs."""

    name: str
    size_bytes: int
    read_bytes: int  # of the file, for its statements; no signature is verified
    ask_ms: float  # of the processor
    share: float  # of decoding


def statement_cost(
    paths: Annotated[list[Path] | None, typer.Argument(help="Photos; by default one made here.")] = None,
    runs: Annotated[int, typer.Option(min=3, help="How often each is timed.")] = 25,
    max_ms: Annotated[float, typer.Option(help="Exit 1 where asking takes longer.")] = GOAL_MS,
) -> None:
    """Print what asking costs, as a Markdown table."""
    for path in paths or []:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    photos = [(path.name, path.read_bytes()) for path in paths or []]
    costs = [measure_cost(*photo, runs) for photo in photos or [("made", make_photo(4000, 3000))]]
    header = ("file", "MB", "read for it, KB", "asking, ms", "of decoding")
    lines = [
        (
            cost.name,
            f"{cost.size_bytes / 1e6:.1f}",
            f"{cost.read_bytes / 1e3:.0f}",
            f"{cost.ask_ms:.2f}",
            f"{cost.share:.1%}",
        )
        for cost in costs
    ]
    typer.echo(format_table(header, lines))
    slow = [cost for cost in costs if cost.ask_ms > max_ms]
    if slow:
        raise GateError(f"{slow[0].name}: asking takes {slow[0].ask_ms:.2f} ms, over {max_ms:g}")


def measure_cost(name: str, photo: bytes, runs: int) -> StatementCost:
    """Return what asking `photo` costs; the first run warms up and does not count."""
    pairs = [
        (_time(lambda: Inspection(photo).conclude()), _time(lambda: load_image(photo)))
        for _ in range(runs + 1)
    ][1:]
    return StatementCost(
        name=name,
        size_bytes=len(photo),
        read_bytes=count_read(photo),
        ask_ms=statistics.median(ask for ask, _ in pairs) * 1e3,
        share=statistics.median(ask / decode for ask, decode in pairs),
    )


def count_read(photo: bytes) -> int:
    """Return how many bytes of `photo` are looked at for its statements."""
    stream = _CountingStream(photo)
    read_parts(stream)
    return stream.count


class _CountingStream(io.BytesIO):
    """Counts the bytes that are read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count."""
        data = super().read(size)
        self.count += len(data)
        return data


def _time(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


if __name__ == "__main__":
    run_command(statement_cost)
