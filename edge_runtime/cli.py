"""The commands that need nothing but the base install: `check`, `scan`, `info`, `doctor` and `service`."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.edge_runtime import options
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.live.cli import register as register_live
from fakelens.edge_runtime.scan.cli import register as register_scan
from fakelens.edge_runtime.serve.cli import register as register_serve
from fakelens.edge_runtime.service.cli import register as register_service

if TYPE_CHECKING:
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.check.batch import BatchResult
    from fakelens.edge_runtime.check.run import CheckRequest


class FailOn(StrEnum):
    """Which verdict makes `check` exit with 1."""

    FAKE = "fake"
    UNSURE = "unsure"  # fake or unsure


_Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, glob patterns, or - for stdin.")
]
_Model = Annotated[
    str | None, typer.Option(help="A release model's name or a .tflite file made by `fakelens convert`.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_Csv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
_Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write a page with the pictures and verdicts.")
]
_Heatmap = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Also write each picture as PNG, tinted where the model sees fake; --json carries the grid.",
    ),
]
_Stable = Annotated[
    bool, typer.Option("--stable", help="UNSURE where mild recompression or scaling turns the verdict over.")
]
_Summary = Annotated[
    bool, typer.Option("--summary", help="With --json: one more object at the end, with the counts.")
]
_EvidenceOnly = Annotated[
    bool, typer.Option("--evidence-only", help="Only what the files say of themselves: no model is loaded.")
]
_Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        show_default="one a core",
        help="Files are checked side by side; one file alone uses them inside the model.",
    ),
]
_Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only a line for each picture: no explanation, summary, notes.")
]
_FailOn = Annotated[FailOn | None, typer.Option("--fail-on", help="Exit 1 where such a verdict was given.")]


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    app.command()(check)
    register_scan(app)
    app.command()(info)
    register_serve(app)
    register_live(app)
    app.command()(doctor)
    register_service(app)


def check(
    paths: _Paths,
    model: _Model = None,
    json: _Json = False,
    csv: _Csv = False,
    html: _Html = None,
    heatmap: _Heatmap = None,
    stable: _Stable = False,
    strict: options.Strict = False,
    max_megapixels: options.MaxMegapixels = options.MOST_MEGAPIXELS,
    summary: _Summary = False,
    pixels_only: options.PixelsOnly = False,
    evidence_only: _EvidenceOnly = False,
    cautious: options.Cautious = False,
    sensitive: options.Sensitive = False,
    threads: _Threads = None,
    quiet: _Quiet = False,
    fail_on: _FailOn = None,
) -> None:
    """Say of each image whether it is REAL, FAKE or UNSURE, with P(fake).

    Exit codes: 0 done, 1 what --fail-on names was found, 2 a file or folder could not be read.
    """
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.detection.verdict import Stance
    from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    if summary and not json:
        raise UsageError("--summary adds an object to --json: give both, or neither")
    if cautious and sensitive:
        raise UsageError("--cautious and --sensitive exclude each other: choose one")
    stance = Stance.CAUTIOUS if cautious else Stance.SENSITIVE if sensitive else None
    output = Format.JSON if json else Format.CSV if csv else Format.TEXT
    if evidence_only:
        given: dict[str, object] = {"--model": model, "--html": html, "--heatmap": heatmap}
        given |= {"--stable": stable, "--pixels-only": pixels_only, "--threads": threads}
        given |= {"--cautious or --sensitive": stance}
        given |= {"--strict": strict, "--max-megapixels": max_megapixels != options.MOST_MEGAPIXELS}
        _refuse_beside_evidence_only(given)
        _list_statements(paths, output, fail_on, summary=summary, quiet=quiet)
        return
    from fakelens.edge_runtime.check.run import CheckRequest

    request = CheckRequest(
        model=model,
        output=output,
        html=html,
        heatmap=heatmap,
        stable=stable,
        pixels_only=pixels_only,
        stance=stance,
        threads=threads,
        quiet=quiet,
        decode=DecodeConfig(max_megapixels=max_megapixels, strict=strict),
    )
    _conclude(_check_pictures(paths, request, summary=summary), fail_on)


def _check_pictures(paths: list[str], request: "CheckRequest", *, summary: bool) -> "BatchResult":
    """Check `paths` and say what it came to."""
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.answers.statements import StatementCount
    from fakelens.edge_runtime.check.batch import summarize
    from fakelens.edge_runtime.check.run import CheckRun, is_single
    from fakelens.edge_runtime.files import check_writable

    if request.html is not None:
        check_writable(request.html, "--html")
    run, statements = CheckRun(request), StatementCount()
    _note([] if request.quiet else run.notes)
    report = run.check(paths, statements)
    result = report.result
    for line in result.left_out.unreadable:
        typer.echo(escape_line(f"fakelens: {line}"), err=True)
    if not request.quiet:
        _note(report.notes)
        if request.output is Format.TEXT:
            _sum_up(result, statements.describe(result.files), is_single=is_single(paths))
        elif str(result.left_out):
            _note([f"left out: {result.left_out}"])
    if summary:
        typer.echo(summarize(result))
    return result


def _note(notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(f"note: {note}", err=True)


def _sum_up(result: "BatchResult", statements: str, *, is_single: bool) -> None:
    """Say what many answers come to, what was left out, and what the files said of themselves."""
    from fakelens.edge_runtime.answers.pages.words import UNREADABLE, count_answers

    left_out = result.left_out
    if result.files == 1 and not left_out.total and (is_single or result.errors):
        return
    counts = {str(label): count for label, count in result.counts.items()} | {UNREADABLE: result.errors}
    rest = f"; {left_out.total} left out: {left_out}" if left_out.total else ""
    typer.echo(f"{count_answers(counts)}{rest}", err=True)
    if statements:
        typer.echo(statements.strip(), err=True)


def _refuse_beside_evidence_only(others: dict[str, object]) -> None:
    """Raise `UsageError` for an option that `--evidence-only` would ignore."""
    ignored = [name for name, value in others.items() if value]
    if ignored:
        raise UsageError(
            f"--evidence-only loads no model and looks at no pixels' traces: leave out {ignored[0]}"
        )


def _list_statements(
    paths: list[str], output: "Format", fail_on: FailOn | None, *, summary: bool, quiet: bool
) -> None:
    """Run `--evidence-only`, and count what it leaves out."""
    from fakelens.edge_runtime.check.listing import list_statements, summarize_listing

    result = list_statements(paths, output, sys.stdout)
    for line in result.left_out.unreadable:
        typer.echo(escape_line(f"fakelens: {line}"), err=True)
    if str(result.left_out) and not quiet:
        _note([f"left out: {result.left_out}"])
    if summary:
        typer.echo(summarize_listing(result))
    if fail_on is not None and result.declared:
        raise typer.Exit(1)
    if result.errors or result.left_out.is_failure:
        raise typer.Exit(2)


def _conclude(result: "BatchResult", fail_on: FailOn | None) -> None:
    """End with 1 where `fail_on` was found, with 2 where a file could not be read."""
    from fakelens.edge_runtime.detection.verdict import Label

    flagged = result.counts[Label.FAKE] + (result.counts[Label.UNSURE] if fail_on is FailOn.UNSURE else 0)
    if fail_on is not None and flagged:
        raise typer.Exit(1)
    if result.errors or result.left_out.is_failure:
        raise typer.Exit(2)


def info(
    model: Annotated[str, typer.Argument(metavar="FILE", help="A model file or a release model's name.")],
    app: Annotated[bool, typer.Option("--app", help="Only what an app needs, in ten lines.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    path_only: Annotated[bool, typer.Option("--path", help="Only the file's path.")] = False,
) -> None:
    """Print the contents of a model file: contract, model card, operators, size, sha256."""
    from rich.console import Console

    from fakelens.edge_runtime.info.app import app_facts_to_json, read_app_facts, render_app_facts
    from fakelens.edge_runtime.info.model import info_to_json, read_info, render_info
    from fakelens.edge_runtime.modelfile.library import find_model

    path = find_model(model)
    if path_only:
        if app or json:
            raise UsageError("--path prints one line: leave out --app and --json")
        typer.echo(path)
        return
    if app:
        facts = read_app_facts(path)
        typer.echo(app_facts_to_json(facts) if json else render_app_facts(facts))
        return
    found = read_info(path)
    if json:
        typer.echo(info_to_json(found))
    else:
        Console(markup=False).print(render_info(found))  # a description may hold brackets


def doctor(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Examine machine, cameras, packages, model and speed; each problem comes with its remedy.

    Exit codes: 0 healthy, 1 a check failed.
    """
    from fakelens.edge_runtime.doctor.examination import examine
    from fakelens.edge_runtime.doctor.health import checks_to_json, is_healthy, render_checks

    checks = examine()
    typer.echo(checks_to_json(checks) if json else render_checks(checks))
    if not is_healthy(checks):
        raise typer.Exit(1)
