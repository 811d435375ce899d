"""The command of this package: `bench`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fakelens.benchmarks import options
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.options import choose_format
from fakelens.edge_runtime.saying import say, show_log

if TYPE_CHECKING:
    from fakelens.benchmarks.bench.regressions import Row, Tolerance
    from fakelens.benchmarks.bench.rows import BenchRow
    from fakelens.benchmarks.bench.table import Line, TableConfig
    from fakelens.benchmarks.scoring.choice import BenchConfig
    from fakelens.benchmarks.scoring.robustness import RobustRow
    from fakelens.benchmarks.timing.host import Host
    from fakelens.edge_runtime.answers.output_format import Format


_NO_DATA = (
    "--split, --exclude, --limit, --manifest, --reference, --robust, --card and --min-accuracy are about "
    "accuracy: add --data DIR"
)


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(bench)


def bench(
    models: options.Models,
    data: options.Data = None,
    split: options.SplitName = None,
    exclude: options.Exclude = None,
    limit: options.Limit = None,
    manifest: options.Manifest = None,
    reference: options.Reference = None,
    robust: options.Robust = False,
    timing: options.Timing = True,
    threads: options.Threads = None,
    instructions: options.Instructions = False,
    json: options.Json = False,
    csv: options.Csv = False,
    html: options.Html = None,
    card: options.Card = False,
    min_accuracy: options.MinAccuracy = None,
    compare: options.Compare = None,
    tolerance: options.Tolerance = None,
    max_drop: options.MaxDrop = None,
) -> None:
    """Measure models on this device: accuracy with its interval, latency, memory, size.

    Exit codes: 0 done, 1 below --min-accuracy or worse than --compare allows, 2 an image could not be read.
    """
    from fakelens.benchmarks.bench.table import TableConfig
    from fakelens.benchmarks.scoring.choice import BenchConfig

    output = choose_format(json=json, csv=csv)
    if card and limit is not None:
        raise UsageError("--card holds figures of all images: leave out --limit")
    if robust:
        _refuse_beside_robust(instructions, exclude, reference, min_accuracy, html, compare)
    bounds = _read_bounds(compare, tolerance, max_drop, min_accuracy)
    counts = _parse_threads(threads or ["1"])
    if len(counts) > 1 and (robust or not timing):
        raise UsageError("several --threads are for timing: give one with --robust and --no-timing")
    _check_html(html)
    subject = _choose_subject(models, data, reference)
    given = (split, exclude, limit, manifest, reference, min_accuracy) != (None,) * 6 or robust or card
    if given and subject.data is None:
        raise UsageError(_NO_DATA)
    accuracy = None if subject.data is None else BenchConfig(
        models=subject.models,
        data=subject.data,
        split=split,
        exclude=exclude,
        limit=limit,
        manifest=manifest,
        reference=None if robust else subject.reference,
        threads=counts[0],
    )  # fmt: skip
    if robust and accuracy is not None:
        _report_robustness(accuracy, output, card=card)
        return
    timed = counts if timing else ()
    table = TableConfig(models=subject.models, threads=timed, accuracy=accuracy, instructions=instructions)
    _conclude(*_measure(table, output, html), bounds, output, card=card)


def _refuse_beside_robust(instructions: bool, *others: object) -> None:
    if instructions:
        raise UsageError("--robust counts no instructions: leave out --instructions")
    if any(other is not None for other in others):
        named = "--exclude, --reference, --min-accuracy, --html or --compare"
        raise UsageError(f"--robust does not go with {named}: run bench twice")


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    """Bounds that the figures must keep."""

    earlier: "tuple[Path, Sequence[Row]] | None"  # file and rows of --compare
    allowed: "Tolerance"
    min_accuracy: float  # percent


def _read_bounds(
    compare: Path | None, tolerance: float | None, max_drop: float | None, min_accuracy: float | None
) -> _Bounds:
    from fakelens.benchmarks.bench.regressions import Tolerance, read_rows

    if min_accuracy is not None and not 1 < min_accuracy <= 100:
        raise UsageError(f"--min-accuracy is {min_accuracy:g}, expected percent, such as 97.0")
    if compare is None and (tolerance, max_drop) != (None, None):
        raise UsageError("--tolerance and --max-drop say what --compare allows: add --compare OLD.json")
    given = {"percent": tolerance, "points": max_drop}
    return _Bounds(
        earlier=None if compare is None else (compare, read_rows(compare)),
        allowed=Tolerance(**{name: value for name, value in given.items() if value is not None}),
        min_accuracy=min_accuracy or 0,
    )


def _check_html(html: Path | None) -> None:
    """Raise what writing the page would fail with, before minutes of measuring."""
    if html is not None:
        from fakelens.benchmarks.bench.page import check_page
        from fakelens.edge_runtime.files import check_writable

        check_page(html)
        check_writable(html, "--html")


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """What is measured, once run directories have become model files."""

    models: tuple[str, ...]
    data: Path | None
    reference: str | None


def _choose_subject(names: Sequence[str], data: Path | None, reference: str | None) -> _Subject:
    """Build the variants of run directories among `names`; a single run brings data and reference."""
    show_log()  # it counts what of the data is left out
    runs = [Path(name) for name in names if Path(name).is_dir()]
    if not runs:
        return _Subject(models=tuple(names), data=data, reference=reference)
    from fakelens.benchmarks.bench.variants import build_variants, find_test_data

    models: list[str] = []
    for name in names:
        if Path(name) not in runs:
            models.append(name)
            continue
        result = build_variants(Path(name))
        models.extend(map(str, result.paths))
        for reason in result.left_out:
            say(f"left out: {reason}", err=True)
    if data is None and len(runs) == 1:
        data = find_test_data(runs[0])
        note = f"accuracy on the test split of {data}" if data else "no accuracy: give --data DIR, images"
        say(note if data else f"{note} it was not trained on", err=True)
    if data is not None and reference is None and len(runs) == 1:
        reference = next((model for model in models if Path(model).stem == "float32"), None)
    return _Subject(models=tuple(models), data=data, reference=reference)


def _parse_threads(given: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers in `1,2` and the like, each once."""
    texts = [part.strip() for text in given for part in text.split(",")]
    if not all(text.isdecimal() and int(text) > 0 for text in texts):
        raise UsageError(f"--threads is {','.join(given)}, expected numbers from 1 on, such as 1,2,4")
    return tuple(dict.fromkeys(map(int, texts)))


def _measure(config: "TableConfig", output: "Format", html: Path | None) -> "tuple[list[Line], Host]":
    """Return the table and the host, once they are printed and on the page."""
    from fakelens.benchmarks.bench.report import list_doubts, report_table
    from fakelens.benchmarks.bench.table import measure_table
    from fakelens.benchmarks.timing.host import describe_host
    from fakelens.edge_runtime.answers.output_format import Format

    lines, host = measure_table(config), describe_host()
    typer.echo(report_table(lines, host, output))
    if output is Format.TEXT:  # the others carry it in each row
        for doubt in list_doubts(lines):
            typer.echo(f"not valid: {doubt}", err=True)
    if html is not None:
        from fakelens.benchmarks.bench.page import write_page

        write_page(html, lines, host)
    return lines, host


def _conclude(
    lines: "Sequence[Line]", host: "Host", bounds: _Bounds, output: "Format", *, card: bool
) -> None:
    """Compare, write the cards, and end with the exit code that the figures and the images ask for."""
    rows = [line.row for line in lines if line.row is not None]
    errors = _close(rows, card=card)
    worse = [] if bounds.earlier is None else _report_changes(bounds, lines, host, output)
    _check_accuracy(rows, bounds.min_accuracy)
    if bounds.earlier is not None and worse:
        raise GateError(f"worse than {bounds.earlier[0]} allows: {', '.join(worse)}")
    if errors:
        raise typer.Exit(2)


def _report_robustness(config: "BenchConfig", output: "Format", *, card: bool) -> None:
    from fakelens.benchmarks.bench.report import report_robustness
    from fakelens.benchmarks.scoring.robustness import measure_robustness

    rows = measure_robustness(config)
    typer.echo(report_robustness(rows, output))
    if _close(rows, card=card):
        raise typer.Exit(2)


def _report_changes(bounds: _Bounds, lines: "Sequence[Line]", host: "Host", output: "Format") -> list[str]:
    """Print what has changed, on stderr where stdout is for programs; return what is worse than allowed."""
    from fakelens.benchmarks.bench.columns import list_fields
    from fakelens.benchmarks.bench.regressions import compare_rows
    from fakelens.benchmarks.bench.report import report_changes
    from fakelens.edge_runtime.answers.output_format import Format

    _, earlier = bounds.earlier or (None, ())
    changes = compare_rows(earlier, [list_fields(line, host) for line in lines], bounds.allowed)
    text = output is Format.TEXT
    typer.echo(("\n" if text else "") + report_changes(changes), err=not text)
    return [f"{each.line}: {each.figure} {each.change:+.1f} {each.unit}" for each in changes if each.worse]


def _close(rows: "Sequence[BenchRow] | Sequence[RobustRow]", *, card: bool) -> bool:
    """Tell which images could not be read, write the cards; whether there were such images."""
    from fakelens.benchmarks.bench.model_card import write_cards

    errors = dict.fromkeys(error for row in rows for error in row.errors)
    for error in errors:
        say(f"fakelens: {error}", err=True)
    if card:
        write_cards(rows)
    return bool(errors)


def _check_accuracy(rows: "Sequence[BenchRow]", least: float) -> None:
    """Raise `GateError` where a model's accuracy on all images is below `least` percent."""
    reached = {row.path: row.accuracy.metrics.accuracy.value * 100 for row in rows if not row.note}
    below = [f"{path} {value:.2f}%" for path, value in reached.items() if value < least]
    if below:
        raise GateError(f"accuracy below --min-accuracy {least:g}%: {', '.join(below)}")
