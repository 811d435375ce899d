"""The commands that need nothing but the base install: `check` and `info`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.strenum import StrEnum

_TOO_REDUCED = 2.0  # times; beyond it, traces of a pixel or two are averaged away


class FailOn(StrEnum):
    """Which verdict makes `check` exit with 1."""

    FAKE = "fake"
    UNSURE = "unsure"  # fake or unsure


def register(app: typer.Typer) -> None:
    """Mount this room's commands."""
    app.command()(check)
    app.command()(info)


def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, glob patterns, or - for stdin.")
    ],
    model: Annotated[
        str | None, typer.Option(help="A release model's name or a .tflite file made by `fakelens convert`.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page with the pictures and verdicts.")
    ] = None,
    heatmap: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write each picture as PNG, tinted where the model sees fake."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the interpreter.")] = 1,
    fail_on: Annotated[FailOn | None, typer.Option(help="Exit 1 where such a verdict was given.")] = None,
) -> None:
    """Say of each image whether it is REAL, FAKE or UNSURE, with P(fake).

    Exit codes: 0 done, 1 what --fail-on names was found, 2 a file could not be read.
    """
    from fakelens.edge_runtime.batch import check_batch
    from fakelens.edge_runtime.detector import Detector
    from fakelens.edge_runtime.heatmap import HeatmapSink
    from fakelens.edge_runtime.page import PageSink
    from fakelens.edge_runtime.sinks import Format, open_sink
    from fakelens.edge_runtime.verdict import Label

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    output = Format.JSON if json else Format.CSV if csv else Format.TEXT
    detector = Detector(model, threads)
    page = PageSink()
    sinks = [open_sink(output, sys.stdout), *([page] if html else [])]
    if heatmap is not None:
        sinks.append(HeatmapSink(detector, heatmap))
    try:
        result = check_batch(detector, paths, *sinks)
    finally:
        if html is not None:  # what was checked before an interruption is kept
            page.save(html, detector.contract)
    if result.most_reduced > _TOO_REDUCED:
        size = detector.contract.input.size
        typer.echo(
            f"note: {detector.contract.name} sees an image scaled to {size} x {size} px; scaling down a "
            f"photo {result.most_reduced:.0f} times erases most traces of generation, so do not lean on "
            "its verdict",
            err=True,
        )
    if output is Format.TEXT and result.files > 1:
        found = ", ".join(f"{count} {label}" for label, count in result.counts.items())
        typer.echo(f"{result.files} files: {found}, {result.errors} unreadable", err=True)
    flagged = result.counts[Label.FAKE] + (result.counts[Label.UNSURE] if fail_on is FailOn.UNSURE else 0)
    if fail_on is not None and flagged:
        raise typer.Exit(1)
    if result.errors:
        raise typer.Exit(2)


def info(
    model: Annotated[str, typer.Argument(metavar="FILE", help="A model file or a release model's name.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print what is inside a model file: contract, card, ops, size, gzip size."""
    from rich.console import Console

    from fakelens.edge_runtime.info import info_to_json, read_info, render_info
    from fakelens.edge_runtime.library import find_model

    found = read_info(find_model(model))
    if json:
        typer.echo(info_to_json(found))
    else:
        Console(markup=False).print(render_info(found))  # a description may hold brackets
