"""The command of this room: `bench`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import GateError, UsageError

if TYPE_CHECKING:
    from fakelens.benchmarks.bench import BenchRow
    from fakelens.benchmarks.robustness import RobustRow

_Models = Annotated[
    list[str], typer.Argument(metavar="MODEL...", help="Model files or names of release models.")
]
_Data = Annotated[
    Path,
    typer.Option(help="Folder with real/ and fake/ in any case, optionally under train/, val/ and test/."),
]
_Exclude = Annotated[
    Path | None,
    typer.Option(
        help="Text file naming one image a line, by the end of its path: '0 (7).jpg' where only one "
        "image has that name, else 'FAKE/0 (7).jpg'. Adds a second row, measured without them."
    ),
]
_Limit = Annotated[
    int | None,
    typer.Option(metavar="N", help="Measure on N images of each class, always the same ones, not on all."),
]
_Reference = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Also score this model, such as the float twin, and tell for each of the others: the difference "
        "in accuracy, how many verdicts are the same, and McNemar's p.",
    ),
]
_Robust = Annotated[
    bool,
    typer.Option(
        "--robust",
        help="Measure accuracy on images degraded by JPEG, noise, blur, rescaling, brightness and contrast.",
    ),
]
_Card = Annotated[
    bool, typer.Option("--card", help="Write the figures into the model files, as their model cards.")
]


def register(app: typer.Typer) -> None:
    """Mount this room's commands."""
    app.command()(bench)


def bench(
    models: _Models,
    data: _Data,
    split: Annotated[
        Split | None, typer.Option(help="Which split to measure on; test by default where DATA is split.")
    ] = None,
    exclude: _Exclude = None,
    limit: _Limit = None,
    reference: _Reference = None,
    robust: _Robust = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
    card: _Card = False,
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
    from fakelens.benchmarks.report import report_accuracy, report_robustness
    from fakelens.benchmarks.robustness import measure_robustness
    from fakelens.edge_runtime.sinks import Format

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    if min_accuracy is not None and not 1 < min_accuracy <= 100:
        raise UsageError(f"--min-accuracy is {min_accuracy:g}, expected percent, such as 97.0")
    if card and limit is not None:
        raise UsageError("--card holds figures of all images: leave out --limit")
    if robust and (exclude, reference, min_accuracy) != (None, None, None):
        raise UsageError(
            "--robust does not go with --exclude, --reference or --min-accuracy: run bench twice"
        )
    output = Format.JSON if json else Format.CSV if csv else Format.TEXT
    config = BenchConfig(
        models=tuple(models),
        data=data,
        split=split,
        exclude=exclude,
        limit=limit,
        reference=reference,
        threads=threads,
    )
    if robust:
        degraded = measure_robustness(config)
        typer.echo(report_robustness(degraded, output))
        errors = _conclude(degraded, card=card)
    else:
        rows = list(run_bench(config))
        typer.echo(report_accuracy(rows, output))
        errors = _conclude(rows, card=card)
        _check_accuracy(rows, min_accuracy or 0)
    if errors:
        raise typer.Exit(2)


def _conclude(rows: "Sequence[BenchRow] | Sequence[RobustRow]", *, card: bool) -> bool:
    """Tell which images could not be read, write the cards; whether there were such images."""
    from fakelens.benchmarks.card import write_cards

    errors = dict.fromkeys(error for row in rows for error in row.errors)
    for error in errors:
        typer.echo(f"fakelens: {error}", err=True)
    if card:
        write_cards(rows)
    return bool(errors)


def _check_accuracy(rows: "Sequence[BenchRow]", least: float) -> None:
    """Raise `GateError` where a model's accuracy on all images is below `least` percent."""
    reached = {row.path: row.accuracy.metrics.accuracy.value * 100 for row in rows if not row.note}
    below = [f"{path} {value:.2f}%" for path, value in reached.items() if value < least]
    if below:
        raise GateError(f"accuracy below --min-accuracy {least:g}%: {', '.join(below)}")
