"""All commands under one name: mounts those of each package, or the one that is asked for."""

from functools import cache
from typing import Annotated

import typer

from fakelens.edge_runtime.cli import FOLDERS, register_one
from fakelens.edge_runtime.command_help import GroupedCommands

app = typer.Typer(
    name="fakelens",
    cls=GroupedCommands,
    help="Tell fake images from real ones, on the device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's would take a third of the start-up time
)


def run_app(words: list[str]) -> object:
    """Run the command that `words` are, and return its exit code; raises what Typer raises for bad usage."""
    _mount_commands(words[0] if words and words[0] in FOLDERS else "")
    try:
        return app(words or ["--help"], standalone_mode=False, prog_name=app.info.name)
    except typer.Abort as error:
        raise KeyboardInterrupt from error


def _show_version(given: bool) -> None:
    if given:
        from importlib.metadata import version

        typer.echo(f"fakelens {version('fakelens')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[  # a callback, since nothing else runs without a command
        bool, typer.Option("--version", callback=_show_version, help="Print the version and exit.")
    ] = False,
) -> None: ...


@cache
def _mount_commands(first: str) -> None:
    """Mount the command `first` where it is one of this package, else those of all packages."""
    if first in FOLDERS:  # all packages together take longer to load than a picture to check
        register_one(app, first)
        return
    from importlib.metadata import entry_points

    for command in sorted(entry_points(group="fakelens.commands"), key=lambda entry: entry.name):
        command.load()(app)
