"""The commands that need nothing but the base install: `check`, `info`, `doctor` and `service`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.cli import register as register_live
from fakelens.edge_runtime.strenum import StrEnum

if TYPE_CHECKING:
    from fakelens.edge_runtime.batch import BatchResult


class FailOn(StrEnum):
    """Which verdict makes `check` exit with 1."""

    FAKE = "fake"
    UNSURE = "unsure"  # fake or unsure


_Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        show_default="one a core",
        help="Files are checked side by side; one file alone uses them inside the model.",
    ),
]


def register(app: typer.Typer) -> None:
    """Mount this room's commands."""
    app.command()(check)
    app.command()(info)
    register_live(app)
    app.command()(doctor)
    service = typer.Typer(help="Run the live checker as a service of systemd.", no_args_is_help=True)
    service.command()(install)
    app.add_typer(service, name="service")


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
        typer.Option(
            metavar="DIR",
            help="Also write each picture as PNG, tinted where the model sees fake; --json carries the grid.",
        ),
    ] = None,
    stable: Annotated[
        bool,
        typer.Option("--stable", help="UNSURE where mild recompression or scaling turns the verdict over."),
    ] = False,
    cautious: Annotated[
        bool, typer.Option("--cautious", help="Say FAKE only where hardly a real image is called so.")
    ] = False,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="Say FAKE more readily, at more false alarms.")
    ] = False,
    threads: _Threads = None,
    fail_on: Annotated[FailOn | None, typer.Option(help="Exit 1 where such a verdict was given.")] = None,
) -> None:
    """Say of each image whether it is REAL, FAKE or UNSURE, with P(fake).

    Exit codes: 0 done, 1 what --fail-on names was found, 2 a file could not be read.
    """
    from fakelens.edge_runtime.batch import BatchConfig, check_batch
    from fakelens.edge_runtime.detector import Detector
    from fakelens.edge_runtime.heatmap import HeatmapSink
    from fakelens.edge_runtime.page import PageSink
    from fakelens.edge_runtime.sinks import Format, open_sink
    from fakelens.edge_runtime.threads import count_cores
    from fakelens.edge_runtime.verdict import TOO_REDUCED, Stance, describe_stance, warn_of_reduction

    if json and csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    if cautious and sensitive:
        raise UsageError("--cautious and --sensitive exclude each other: choose one")
    stance = Stance.CAUTIOUS if cautious else Stance.SENSITIVE if sensitive else None
    output = Format.JSON if json else Format.CSV if csv else Format.TEXT
    detector = Detector(model, threads or 1, stance)
    if stance is not None:
        typer.echo(f"note: {describe_stance(detector.contract, stance)}", err=True)
    page = PageSink()
    sinks = [open_sink(output, sys.stdout), *([page] if html else [])]
    if heatmap is not None:
        sinks.append(HeatmapSink(detector, heatmap))
    try:
        config = BatchConfig(workers=threads or count_cores(), stable=stable, grid=heatmap is not None)
        result = check_batch(detector, paths, *sinks, config=config)
    finally:
        if html is not None:  # what was checked before an interruption is kept
            page.save(html, detector.contract)
    if result.most_reduced > TOO_REDUCED:
        typer.echo(f"note: {warn_of_reduction(detector.contract, result.most_reduced)}", err=True)
    if output is Format.TEXT and result.files > 1:
        found = ", ".join(f"{count} {label}" for label, count in result.counts.items())
        typer.echo(f"{result.files} files: {found}, {result.errors} unreadable", err=True)
    _conclude(result, fail_on)


def _conclude(result: "BatchResult", fail_on: FailOn | None) -> None:
    """End with 1 where `fail_on` was found, with 2 where a file could not be read."""
    from fakelens.edge_runtime.verdict import Label

    flagged = result.counts[Label.FAKE] + (result.counts[Label.UNSURE] if fail_on is FailOn.UNSURE else 0)
    if fail_on is not None and flagged:
        raise typer.Exit(1)
    if result.errors:
        raise typer.Exit(2)


def info(
    model: Annotated[str, typer.Argument(metavar="FILE", help="A model file or a release model's name.")],
    app: Annotated[bool, typer.Option("--app", help="What an app needs to run it, in ten lines.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print what is inside a model file: contract, card, ops, size, gzip size."""
    from rich.console import Console

    from fakelens.edge_runtime.app import app_facts_to_json, read_app_facts, render_app_facts
    from fakelens.edge_runtime.info import info_to_json, read_info, render_info
    from fakelens.edge_runtime.library import find_model

    path = find_model(model)
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
    """Look at machine, cameras, packages, model and speed; name each problem with its remedy.

    Exit codes: 0 healthy, 1 a check failed.
    """
    from fakelens.edge_runtime.doctor import examine
    from fakelens.edge_runtime.health import checks_to_json, is_healthy, render_checks

    checks = examine()
    typer.echo(checks_to_json(checks) if json else render_checks(checks))
    if not is_healthy(checks):
        raise typer.Exit(1)


def install(
    options: Annotated[
        list[str] | None, typer.Argument(metavar="[-- WATCH OPTIONS...]", help="Given to `fakelens watch`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit; write nothing.")] = False,
    user: Annotated[bool, typer.Option("--user", help="For your own manager, without root.")] = False,
) -> None:
    """Write a systemd unit that runs `fakelens watch` from boot on, restarts it and watches over it."""
    import os
    import shutil
    from getpass import getuser

    from fakelens.edge_runtime.service import UNIT, ServiceConfig, install_unit, render_unit, unit_path

    config = ServiceConfig(
        program=Path(sys.executable).with_name("fakelens"),
        options=tuple(options or ()),
        user=None if user else os.environ.get("SUDO_USER") or getuser(),
    )
    if dry_run:
        typer.echo(render_unit(config), nl=False)
        return
    if shutil.which("systemctl") is None:
        raise UsageError("this system has no systemd; --dry-run prints the unit, to carry it elsewhere")
    path = unit_path(user)
    install_unit(config, path)
    typer.echo(path)
    mine, sudo = (" --user", "") if user else ("", "sudo ")
    steps = [
        f"{sudo}systemctl{mine} daemon-reload",
        f"{sudo}systemctl{mine} enable --now {UNIT}",
        f"journalctl{mine} -u {UNIT} -f",
        *(["loginctl enable-linger  # runs it while you are not logged in"] if user else []),
    ]
    typer.echo("next:\n" + "\n".join(f"  {step}" for step in steps), err=True)
