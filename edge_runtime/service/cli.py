"""The commands of the service: `install`, `status`, `uninstall`."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from fakelens.edge_runtime.errors import UsageError

_OWN = ""  # `--user` without a name: the user's own manager
_User = Annotated[
    str | None,
    typer.Option(
        metavar="[NAME]", help="Without NAME: in your own manager, without root. NAME: run as this user."
    ),
]


class _OptionalName(typer.core.TyperCommand):
    """Lets `--user` stand without a name, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put an empty name in where the next word is another option, or there is none."""
        end = args.index("--") if "--" in args else len(args)  # what follows is for `watch`
        own = [*args[:end], "-"]
        full = [
            f"--user={_OWN}" if word == "--user" and following.startswith("-") else word
            for word, following in pairwise(own)
        ]
        return super().parse_args(ctx, [*full, *args[end:]])


def register(app: typer.Typer) -> None:
    """Mount the commands below `service`."""
    service = typer.Typer(help="Run the live checker as a service of systemd.", no_args_is_help=True)
    service.command(cls=_OptionalName)(install)
    service.command(cls=_OptionalName)(status)
    service.command(cls=_OptionalName)(uninstall)
    app.add_typer(service, name="service")


def install(
    options: Annotated[
        list[str] | None, typer.Argument(metavar="[-- WATCH OPTIONS...]", help="Options of `fakelens watch`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit; write nothing.")] = False,
    user: _User = None,
) -> None:
    """Write a systemd unit that runs `fakelens watch` from boot on, restarts it and watches over it."""
    from getpass import getuser

    from fakelens.edge_runtime.service.unit import (
        UNIT,
        ServiceConfig,
        has_secret,
        install_unit,
        render_unit,
        unit_path,
    )

    own = user == _OWN
    name = None if own else user or os.environ.get("SUDO_USER") or getuser()
    config = ServiceConfig(
        program=Path(sys.executable).with_name("fakelens"), options=tuple(options or ()), user=name
    )
    if dry_run:
        typer.echo(render_unit(config), nl=False)
        return
    _require_systemd("; --dry-run prints the unit, to carry it elsewhere")
    if name == "root" and user is None:
        raise UsageError("a camera's pictures are no work for root: name who runs it, --user NAME")
    path = unit_path(own)
    install_unit(config, path)
    if has_secret(config.options):
        typer.echo(
            "note: a password stands in the unit, readable by its owner alone; @FILE keeps it out", err=True
        )
    typer.echo(path)
    mine, sudo = (" --user", "") if own else ("", "sudo ")
    steps = [
        f"{sudo}systemctl{mine} daemon-reload",
        f"{sudo}systemctl{mine} enable --now {UNIT}",
        f"journalctl{mine} -u {UNIT} -f",
        *(["loginctl enable-linger  # runs it while you are not logged in"] if own else []),
    ]
    typer.echo("next:\n" + "\n".join(f"  {step}" for step in steps), err=True)


def status(user: _User = None) -> None:
    """Show what systemd says of the service; exits 1 where it does not run."""
    from fakelens.edge_runtime.service.unit import UNIT

    _require_systemd()
    mine = ["--user"] if user == _OWN else []
    done = subprocess.run(["systemctl", *mine, "status", "--no-pager", UNIT], check=False)
    if done.returncode:
        raise typer.Exit(1)


def uninstall(user: _User = None) -> None:
    """Remove the unit that `install` wrote; what it recorded stays."""
    from fakelens.edge_runtime.service.unit import UNIT, remove_unit, unit_path

    own = user == _OWN
    path = unit_path(own)
    if shutil.which("systemctl") is not None:
        subprocess.run(
            ["systemctl", *(["--user"] if own else []), "disable", "--now", UNIT],
            capture_output=True,
            check=False,
        )
    remove_unit(path)
    typer.echo(f"removed {path}")


def _require_systemd(remedy: str = "") -> None:
    if shutil.which("systemctl") is None:
        raise UsageError(f"this system has no systemd{remedy}")
