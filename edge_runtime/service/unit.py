"""`fakelens watch` or `serve` as a systemd service: the unit's text, and where it goes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.redact import redact_url

_WRITES = ("--record", "--jsonl")  # options of `watch` that name a place to write to
_READS = ("--model", "--source")  # options of `watch` that may name a file
_TOKEN = "--token"
_SECRETS = ("--source", "--mqtt", _TOKEN)  # options of `watch` that take `@FILE`
_CREDENTIALS = (
    "${CREDENTIALS_DIRECTORY}"  # where systemd lays what LoadCredential names, for the service alone
)


class Command(StrEnum):
    """What can run as a service."""

    WATCH = "watch"
    SERVE = "serve"

    @property
    def unit(self) -> str:
        """The name of its unit; both can run beside each other."""
        return "fakelens.service" if self is Command.WATCH else "fakelens-serve.service"


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    """What the service runs, and as whom."""

    program: Path  # the installed `fakelens`
    command: Command = Command.WATCH
    options: tuple[str, ...] = ()  # of that command
    user: str | None = None  # whose service the system runs; None for a service of the user's own manager


_HEAD = """\
[Unit]
Description=fakelens: {about}
Wants=network-online.target
After=network-online.target
# Starting again is paced by RestartSec and goes on for ever, since a camera may be plugged in later, or a
# network; the limit stops a loop that is faster than that.
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WorkingDirectory={folder}
Restart=always
RestartSec=20
# Exit code 2 means that an option cannot be used: no restart would mend that.
RestartPreventExitStatus=2
TimeoutStartSec=120
TimeoutStopSec=20
WatchdogSec=60
MemoryMax=75%
TasksMax=128
Environment=PYTHONUNBUFFERED=1 FAKELENS_CACHE={cache}
"""
# Rights of a service on its machine: to read its cameras, and to write to the folders of its options.
_SYSTEM = """\
User={user}
StateDirectory=fakelens
CacheDirectory=fakelens
UMask=0027
CapabilityBoundingSet=
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
"""
_CAMERAS = """\
SupplementaryGroups=video
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
DeviceAllow=char-drm rw
DeviceAllow=char-vcio rw
"""
_NO_DEVICES = "PrivateDevices=yes\n"
_ABOUT = {
    Command.WATCH: "tells whether what a camera sees is fake",
    Command.SERVE: "a page and an address that tell whether a picture is fake",
}
# These need no privilege, so that the user's own manager can apply them too.
_EVERYWHERE = """\
LockPersonality=yes
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""


def render_unit(config: ServiceConfig) -> str:
    """Return the text of the unit; `UsageError` where an option names no place that can be written to."""
    options, watches = make_absolute(config.options), config.command is Command.WATCH
    if watches and "--headless" not in options:
        options = ("--headless", *options)
    own = config.user is None
    parts = [_quote(part).replace("$", "$$") for part in (str(config.program), config.command, *options)]
    credentials: dict[str, Path] = {}
    if not own:  # its own files a user's service reads by itself
        parts, credentials = _take_credentials(parts, ("", "", *options))
    text = _HEAD.format(
        about=_ABOUT[config.command],
        command=" ".join(parts),
        folder="%h" if own else "%S/fakelens",
        cache="%C/fakelens",
    )
    if not own:
        text += _SYSTEM.format(user=config.user) + (_CAMERAS if watches else _NO_DEVICES)
        text += "".join(f"LoadCredential={name}:{_escape(path)}\n" for name, path in credentials.items())
        text += "".join(f"ReadWritePaths={_quote(str(folder))}\n" for folder in _list_written(options))
    target = "default.target" if own else "multi-user.target"
    return f"{text}{_EVERYWHERE}\n[Install]\nWantedBy={target}\n"


def unit_path(command: Command, *, user_service: bool) -> Path:
    """Return where the unit of `command` goes: the user's folder of units, or the system's."""
    if not user_service:
        return Path("/etc/systemd/system") / command.unit
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user" / command.unit


def install_unit(config: ServiceConfig, path: Path) -> None:
    """Write the unit to `path`; readable by its owner alone where an option holds a password or a token.

    Raises `UsageError` where it may not be written.
    """
    text = render_unit(config)
    mask = os.umask(0o077 if has_secret(config.options) else 0o022)
    try:
        write_atomic(path, text)
    except PermissionError as error:
        raise UsageError(
            f"{path}: only root may write it; run sudo {config.program} service install ..., or take --user"
        ) from error
    finally:
        os.umask(mask)


def remove_unit(path: Path, *, hint: str = "") -> None:
    """Remove the unit at `path`; `UsageError` where there is none, with `hint`, or it may not be removed."""
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such unit{hint}") from error
    except PermissionError as error:
        raise UsageError(f"{path}: only root may remove it; run it with sudo") from error


def has_secret(options: Sequence[str]) -> bool:
    """Return whether an option holds a token, or a URL with anything that `redact_url` hides."""
    return any(
        (name == _TOKEN and value[:1] not in ("", "@")) or redact_url(value) != value
        for name, value in _name_values(options)
    )


def make_absolute(options: Sequence[str]) -> tuple[str, ...]:
    """Return the options of `watch` with paths from /: the service does not run in today's folder."""
    made: list[str] = []
    for before, option in zip(["", *options], options, strict=False):
        name, equals, value = option.partition("=") if option.startswith("--") else (before, "", option)
        at = "@" if name in _SECRETS and value.startswith("@") else ""
        path = Path(value.removeprefix(at))
        writes, reads = name in _WRITES and value != "-", name in _READS and path.exists()
        if value and (writes or reads or at):
            value = f"{at}{path.absolute()}"
            option = f"{name}={value}" if equals else value
        made.append(option)
    return tuple(made)


def _name_values(options: Sequence[str]) -> list[tuple[str, str]]:
    """Return each word of `options` as a value, with the option that it belongs to where it does."""
    found = []
    for before, option in zip(["", *options], options, strict=False):
        name, equals, value = option.partition("=") if option.startswith("--") else (before, "=", option)
        found.append((name, value if equals else ""))
    return found


def _take_credentials(parts: Sequence[str], options: Sequence[str]) -> tuple[list[str], dict[str, Path]]:
    """Return the command with `@FILE` as a credential of systemd, and the file of each by its name.

    systemd reads the file as root and gives it to the service alone: its user need not be able to read it.
    """
    taken: dict[str, Path] = {}
    command = list(parts)
    for place, (name, value) in enumerate(_name_values(options)):
        if name not in _SECRETS or not value.startswith("@"):
            continue
        key, path = f"fakelens-{name.removeprefix('--')}", Path(value[1:])
        if not path.is_file():
            raise UsageError(f"{name} @{path}: there is no such file; write the value into it first")
        taken[key] = path
        same_word = options[place].startswith("--")
        command[place] = f"{name}=@{_CREDENTIALS}/{key}" if same_word else f"@{_CREDENTIALS}/{key}"
    return command, taken


def _list_written(options: Sequence[str]) -> list[Path]:
    """Return the folders that `watch` will write to, which the unit must open again."""
    found: list[Path] = []
    for option, following in zip(options, [*options[1:], ""], strict=True):
        name, equals, value = option.partition("=")
        path = Path(value if equals else following)
        if name not in _WRITES or path.name in ("", "-"):
            continue
        folder = path if name == "--record" else path.parent
        if not folder.is_dir():
            raise UsageError(f"{name} {path}: there is no folder {folder}; make it, for the service cannot")
        found.append(folder)
    return found


def _escape(path: Path) -> str:
    """Return `path` as the rest of a line: systemd takes no quotes there, but specifiers."""
    _check_printable(str(path))
    return str(path).replace("%", "%%")


def _check_printable(text: str) -> None:
    if not text.isprintable():
        raise UsageError(f"{text!r}: a unit cannot hold line breaks and the like; leave them out")


def _quote(argument: str) -> str:
    """Return `argument` as a setting of systemd holds it: quoted where needed, with no specifier in it."""
    _check_printable(argument)
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if not argument or re.search(r"[\s\"'\\;]", argument) else escaped
