"""The command `check`."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from fakelens.edge_runtime import options as shared
from fakelens.edge_runtime.check import options
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import escape_line

if TYPE_CHECKING:
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.check.batch import BatchResult
    from fakelens.edge_runtime.check.run import CheckRequest


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(check)


def check(
    paths: options.Paths,
    model: shared.Model = None,
    json: options.Json = False,
    csv: options.Csv = False,
    html: options.Html = None,
    heatmap: options.Heatmap = None,
    stable: options.Stable = False,
    strict: shared.Strict = False,
    max_megapixels: shared.MaxMegapixels = shared.MOST_MEGAPIXELS,
    summary: options.Summary = False,
    pixels_only: shared.PixelsOnly = False,
    evidence_only: options.EvidenceOnly = False,
    cautious: shared.Cautious = False,
    sensitive: shared.Sensitive = False,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    fail_on: options.FailOn = None,
) -> None:
    """Say of each image whether it is REAL, FAKE or UNSURE, with P(fake).

    Exit codes: 0 done, 1 what --fail-on names was found, 2 a file or folder could not be read.
    """
    output = shared.choose_format(json=json, csv=csv)
    if summary and not json:
        raise UsageError("--summary adds an object to --json: give both, or neither")
    stance = shared.choose_stance(cautious=cautious, sensitive=sensitive)
    if evidence_only:
        given: dict[str, object] = {"--model": model, "--html": html, "--heatmap": heatmap}
        given |= {"--stable": stable, "--pixels-only": pixels_only, "--threads": threads}
        given |= {"--cautious or --sensitive": stance}
        given |= {"--strict": strict, "--max-megapixels": max_megapixels != shared.MOST_MEGAPIXELS}
        _refuse_beside_evidence_only(given)
        _list_statements(paths, output, fail_on, summary=summary, quiet=quiet)
        return
    from fakelens.edge_runtime.check.run import CheckRequest
    from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

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
        if request.html is not None:
            typer.echo(f"page: {escape_line(str(request.html))} (open it in a browser)", err=True)
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
    paths: list[str], output: "Format", fail_on: options.FailingVerdict | None, *, summary: bool, quiet: bool
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


def _conclude(result: "BatchResult", fail_on: options.FailingVerdict | None) -> None:
    """End with 1 where `fail_on` was found, with 2 where a file could not be read."""
    from fakelens.edge_runtime.detection.verdict import Label

    flagged = result.counts[Label.FAKE]
    if fail_on is options.FailingVerdict.UNSURE:
        flagged += result.counts[Label.UNSURE]
    if fail_on is not None and flagged:
        raise typer.Exit(1)
    if result.errors or result.left_out.is_failure:
        raise typer.Exit(2)
