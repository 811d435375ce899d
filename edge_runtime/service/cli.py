"""The commands of the service: `install`, `status`, `uninstall`."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakelens.edge_runtime.errors import MissingSystemError, UsageError

if TYPE_CHECKING:
    from fakelens.edge_runtime.service.unit import Command

_OFFLINE = "offline"  # what `systemctl is-system-running` says where systemd does not
_OWN = ""  # `--user` without a name: the user's own manager
_Serve = Annotated[
    bool, typer.Option("--serve", help="`fakelens serve` instead of `watch`; both can run side by side.")
]
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
    service = typer.Typer(
        help="Run the live checker, or the page of serve, as a service of systemd.", no_args_is_help=True
    )
    service.command(cls=_OptionalName)(install)
    service.command(cls=_OptionalName)(status)
    service.command(cls=_OptionalName)(uninstall)
    app.add_typer(service, name="service")


def install(
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTIONS...]", help="Options of `fakelens watch`, or of `serve`."),
    ] = None,
    serve: _Serve = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit; write nothing.")] = False,
    user: _User = None,
) -> None:
    """Write a systemd unit that runs `fakelens watch` or `serve` from boot on and watches over it."""
    from getpass import getuser

    from fakelens.edge_runtime.service.unit import (
        Command,
        ServiceConfig,
        has_secret,
        install_unit,
        render_unit,
        unit_path,
    )

    own = user == _OWN
    name = None if own else user or os.environ.get("SUDO_USER") or getuser()
    command = Command.SERVE if serve else Command.WATCH
    _check_options(command, options or [])
    if serve:
        _check_serve_options(options or [])
    config = ServiceConfig(
        program=Path(sys.executable).with_name("fakelens"),
        command=command,
        options=tuple(options or ()),
        user=name,
    )
    if dry_run:
        typer.echo(render_unit(config), nl=False)
        return
    _require_systemd("--dry-run prints the unit, to carry it elsewhere")
    if name == "root" and user is None:
        raise UsageError("pictures of others are no work for root: name who runs it, --user NAME")
    path = unit_path(command, user_service=own)
    install_unit(config, path)
    if has_secret(config.options):
        typer.echo(
            "note: a password stands in the unit, readable by its owner alone; @FILE keeps it out", err=True
        )
    typer.echo(path)
    mine, sudo = (" --user", "") if own else ("", "sudo ")
    steps = [
        f"{sudo}systemctl{mine} daemon-reload",
        f"{sudo}systemctl{mine} enable --now {command.unit}",
        f"journalctl{mine} -u {command.unit} -f",
        *(["loginctl enable-linger  # runs it while you are not logged in"] if own else []),
    ]
    typer.echo("next:\n" + "\n".join(f"  {step}" for step in steps), err=True)


def status(serve: _Serve = False, user: _User = None) -> None:
    """Show what systemd says of the service; exit code 1 where it does not run."""
    from fakelens.edge_runtime.service.unit import Command

    _require_systemd("let what runs services here start `fakelens watch --headless` or `fakelens serve`")
    unit = Command.SERVE.unit if serve else Command.WATCH.unit
    mine = ["--user"] if user == _OWN else []
    _require_manager(mine)
    done = subprocess.run(["systemctl", *mine, "status", "--no-pager", unit], check=False)
    if done.returncode:
        raise typer.Exit(1)


def uninstall(serve: _Serve = False, user: _User = None) -> None:
    """Remove the unit that `install` wrote; what it recorded stays."""
    from fakelens.edge_runtime.service.unit import Command, remove_unit, unit_path

    command = Command.SERVE if serve else Command.WATCH
    own = user == _OWN
    path = unit_path(command, user_service=own)
    if shutil.which("systemctl") is not None:
        subprocess.run(
            ["systemctl", *(["--user"] if own else []), "disable", "--now", command.unit],
            capture_output=True,
            check=False,
        )
    remove_unit(path, hint="" if own else "; a user's own one needs --user")
    typer.echo(f"removed {path}")


def _check_options(command: "Command", options: list[str]) -> None:
    """Let the command itself read `options`, which raises what Typer raises for bad usage."""
    from fakelens.edge_runtime.cli import register_one

    app = typer.Typer()
    register_one(app, str(command))
    typer.main.get_command(app).make_context(f"fakelens {command}", list(options))


def _check_serve_options(options: list[str]) -> None:
    """Refuse today what `serve` would refuse at each start."""
    from fakelens.edge_runtime.web.address import check_token, parse_address

    address = parse_address(options[0]) if options and not options[0].startswith("-") else None
    if address is not None and not any(option.partition("=")[0] == "--token" for option in options):
        check_token(None, address)


def _require_systemd(remedy: str) -> None:
    """Raise `MissingSystemError` unless systemd runs here.

    Containers, WSL and systems with another init may have its commands, which only say that they cannot work.
    """
    if shutil.which("systemctl") is None:
        raise MissingSystemError(f"this system has no systemd; {remedy}")
    if _ask_state([]).stdout.strip() == _OFFLINE:
        raise MissingSystemError(f"systemd is not what runs this system; {remedy}")


def _require_manager(mine: list[str]) -> None:
    """Raise `MissingSystemError` where systemd does not answer: a user's own one ends with the session."""
    complaint = _ask_state(mine).stderr.strip()
    if complaint:
        remedy = "log in as this user, or run loginctl enable-linger" if mine else "run it with sudo"
        raise MissingSystemError(f"systemd does not answer ({complaint}); {remedy}")


def _ask_state(mine: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemctl", *mine, "is-system-running"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
