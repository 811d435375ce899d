"""The command `info`."""

from typing import Annotated

import typer

from fakelens.edge_runtime.errors import UsageError


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(info)


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
