"""The commands that need nothing but the base install, each from the folder of its own."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

FOLDERS = {  # of this package, by the command that its `cli` mounts
    "check": "check",
    "scan": "scan",
    "info": "info",
    "serve": "serve",
    "watch": "live",
    "doctor": "doctor",
    "service": "service",
}


def register(app: "typer.Typer") -> None:
    """Mount this package's commands."""
    for command in FOLDERS:
        register_one(app, command)


def register_one(app: "typer.Typer", command: str) -> None:
    """Mount one of this package's commands; the others need not be loaded to run it."""
    import_module(f"fakelens.edge_runtime.{FOLDERS[command]}.cli").register(app)
