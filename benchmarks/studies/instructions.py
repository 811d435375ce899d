"""Instructions of a verdict: `fakelens check`, its statements, and a hand-written loop beside them.

Run as `python -m fakelens.benchmarks.studies.instructions [MODEL...]`, with valgrind; some minutes a model.
`--calls` counts the calls of Python's functions instead, which takes seconds. Neither depends on the load of
the machine. The loop is that of `bare_loop`: Pillow decodes, LiteRT infers, no more.
"""

import cProfile
import os
import pstats
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.studies.bare_loop import run_loop
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.instructions import check_some, choose_span, count_each, count_verdict
from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model

_LOOP = "fakelens.benchmarks.studies.instructions:loop_some"


@dataclass(frozen=True, kw_only=True)
class VerdictCost:
    """Instructions, or calls, of one verdict."""

    model: str
    check: int
    pixels: int  # of `check --pixels-only`
    loop: int

    @property
    def share(self) -> float:
        """The loop over `check --pixels-only`: 1 where a check adds nothing."""
        return self.loop / self.pixels


def instructions(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; cifake-300k.")
    ] = None,
    calls: Annotated[bool, typer.Option("--calls", help="Count Python's calls instead: seconds.")] = False,
    min_share: Annotated[float, typer.Option(help="Exit 1 where the loop's share is below.")] = 0.0,
) -> None:
    """Print the instructions of a check and of a hand-written loop, as a Markdown table."""
    measure = count_calls if calls else measure_verdict
    costs = [measure(find_model(model)) for model in models or ("cifake-300k",)]
    header = ("model", "check", "--pixels-only", "bare loop", "added by a check", "by statements", "share")
    typer.echo(
        format_table(
            header,
            [
                (
                    f"`{cost.model}`",
                    f"{cost.check:,}",
                    f"{cost.pixels:,}",
                    f"{cost.loop:,}",
                    f"{cost.pixels - cost.loop:,}",
                    f"{cost.check - cost.pixels:,}",
                    f"{cost.share:.3f}",
                )
                for cost in costs
            ],
        )
    )
    missed = [cost for cost in costs if cost.share < min_share]
    if missed:
        raise GateError(f"{missed[0].model}: share {missed[0].share:.3f} is below {min_share:g}")


def measure_verdict(model: Path) -> VerdictCost:
    """Return what a verdict by the file `model` costs; `UsageError` where valgrind is missing."""
    contract = read_model(model).contract
    return VerdictCost(
        model=contract.name,
        check=count_verdict(model),
        pixels=count_verdict(model, pixels_only=True),
        loop=count_each(_LOOP, [str(model)], contract.input),
    )


def count_calls(model: Path) -> VerdictCost:
    """Return how many functions, Python's and those it calls, a verdict by the file `model` runs through."""
    file = read_model(model)
    spec = file.contract.input
    span = choose_span(spec)

    def count(step: Callable[[str], None]) -> int:
        totals: list[int] = []
        for number in (1, span.fewer, span.more):  # the first imports what is imported once
            profile = cProfile.Profile()
            profile.runcall(step, str(find_pictures(spec, number)))
            totals.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
        return round((totals[2] - totals[1]) / (span.more - span.fewer))

    return VerdictCost(
        model=file.contract.name,
        check=count(lambda folder: check_some(str(model), "0", folder)),
        pixels=count(lambda folder: check_some(str(model), "1", folder)),
        loop=count(lambda folder: loop_some(str(model), folder)),
    )


def loop_some(model: str, folder: str) -> None:
    """Look at files as a hand-written loop does: what is counted."""
    run_loop(read_model(Path(model)), [Path(folder, name) for name in sorted(os.listdir(folder))])  # noqa: PTH208 (the bare way)


if __name__ == "__main__":
    run_command(instructions)
