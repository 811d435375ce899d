"""The commands that need nothing but the base install; `info` and `doctor` in full."""

from typing import Annotated

import typer

from fakelens.edge_runtime.check.cli import register as register_check
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.cli import register as register_live
from fakelens.edge_runtime.scan.cli import register as register_scan
from fakelens.edge_runtime.serve.cli import register as register_serve
from fakelens.edge_runtime.service.cli import register as register_service


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    register_check(app)
    register_scan(app)
    app.command()(info)
    register_serve(app)
    register_live(app)
    app.command()(doctor)
    register_service(app)


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
