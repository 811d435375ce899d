"""The command `check`."""

import sys
from typing import TYPE_CHECKING

import typer

from fakelens.edge_runtime import options as shared
from fakelens.edge_runtime.check import options
from fakelens.edge_runtime.check.failing import FailingVerdict
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import escape_line

if TYPE_CHECKING:
    from fakelens.edge_runtime.answers.output_format import Format


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
    from fakelens.edge_runtime.check.command import check_pictures
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
    code = check_pictures(paths, request, summary=summary, fail_on=fail_on)
    if code:
        raise typer.Exit(code)


def _refuse_beside_evidence_only(others: dict[str, object]) -> None:
    """Raise `UsageError` for an option that `--evidence-only` would ignore."""
    ignored = [name for name, value in others.items() if value]
    if ignored:
        raise UsageError(
            f"--evidence-only loads no model and looks at no pixels' traces: leave out {ignored[0]}"
        )


def _list_statements(
    paths: list[str], output: "Format", fail_on: FailingVerdict | None, *, summary: bool, quiet: bool
) -> None:
    """Run `--evidence-only`, and count what it leaves out."""
    from fakelens.edge_runtime.check.listing import list_statements, summarize_listing

    result = list_statements(paths, output, sys.stdout)
    for line in result.left_out.unreadable:
        typer.echo(escape_line(f"fakelens: {line}"), err=True)
    if str(result.left_out) and not quiet:
        typer.echo(f"note: left out: {result.left_out}", err=True)
    if summary:
        typer.echo(summarize_listing(result))
    if fail_on is not None and result.declared:
        raise typer.Exit(1)
    if result.errors or result.left_out.is_failure:
        raise typer.Exit(2)
