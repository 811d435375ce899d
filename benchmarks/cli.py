"""The command of this room: `bench`."""

from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import GateError, UsageError


def register(app: typer.Typer) -> None:
    """Mount this room's commands."""
    app.command()(bench)


def bench(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Model files or names of release models.")
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Folder with real/ and fake/ in any case, optionally under train/, val/ and test/."
        ),
    ],
    split: Annotated[
        Split | None, typer.Option(help="Which split to measure on; test by default where DATA is split.")
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(
            help="Text file naming one image a line, by the end of its path: '0 (7).jpg' where only one "
            "image has that name, else 'FAKE/0 (7).jpg'. Adds a second row, measured without them."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
    card: Annotated[
        bool, typer.Option("--card", help="Write the figures into the model files, as their model cards.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the interpreter.")] = 1,
    min_accuracy: Annotated[
        float | None, typer.Option(help="Exit 1 where a model's accuracy on all images is below, in percent.")
    ] = None,
) -> None:
    """Measure model files on labelled images: accuracy with its interval, calibration, size, latency.

    Exit codes: 0 done, 1 below --min-accuracy, 2 an image could not be read.
    """
    from fakelens.benchmarks.bench import BenchConfig
    from fakelens.benchmarks.bench import bench as run_bench
    from fakelens.benchmarks.card import write_cards
    from fakelens.benchmarks.report import format_csv, format_json, format_table

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    if min_accuracy is not None and not 1 < min_accuracy <= 100:
        raise UsageError(f"--min-accuracy is {min_accuracy:g}, expected percent, such as 97.0")
    config = BenchConfig(models=tuple(models), data=data, split=split, exclude=exclude, threads=threads)
    rows = list(run_bench(config))
    typer.echo((format_json if json else format_csv if csv else format_table)(rows))
    errors = dict.fromkeys(error for row in rows for error in row.errors)
    for error in errors:
        typer.echo(f"fakelens: {error}", err=True)
    if card:
        write_cards(rows)
    reached = {row.path: row.accuracy.metrics.accuracy.value * 100 for row in rows if not row.note}
    below = [f"{path} {value:.2f}%" for path, value in reached.items() if value < (min_accuracy or 0)]
    if below:
        raise GateError(f"accuracy below --min-accuracy {min_accuracy:g}%: {', '.join(below)}")
    if errors:
        raise typer.Exit(2)
