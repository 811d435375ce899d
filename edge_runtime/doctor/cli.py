"""The command `doctor`."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(doctor)


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
