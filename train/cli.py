"""Commands of this room."""

import typer


def register(app: typer.Typer) -> None:
    """Mount this room's commands."""
