"""Running a function as `python -m`, outside the umbrella command."""

import sys
from collections.abc import Callable

import typer

from fakelens.edge_runtime.errors import FakelensError, explain_os_error


def run_command(function: Callable[..., None]) -> None:
    """Run `function` on the command line's options; errors end in one line and their exit code."""
    try:
        typer.run(function)
    except FakelensError as error:
        typer.echo(f"fakelens: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        typer.echo(f"fakelens: {explain_os_error(error)}", err=True)
        sys.exit(2)
