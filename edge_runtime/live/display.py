"""Detection of a screen, before Qt looks for one: Qt ends the whole process where it cannot connect."""

import os
import re
import socket
import sys
from pathlib import Path

_X_PORT = 6000
_TIMEOUT_S = 1.0
_DISPLAY = re.compile(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?")


def has_display() -> bool:
    """Return whether OpenCV's window can open: on Linux an X server that answers, XWayland included."""
    if not sys.platform.startswith("linux"):
        return True
    display = _DISPLAY.fullmatch(os.environ.get("DISPLAY", ""))
    return display is not None and _answers(display["host"], int(display["number"]))


def _answers(host: str, number: int) -> bool:
    local = host in ("", "unix")
    path = f"/tmp/.X11-unix/X{number}"
    addresses: list[str | bytes] = [f"\0{path}", path] if local else []
    if local and any(_connects(address) for address in addresses):
        return True
    try:
        with socket.create_connection((host or "localhost", _X_PORT + number), _TIMEOUT_S):
            return True
    except OSError:
        return False


def _connects(address: str | bytes) -> bool:
    if isinstance(address, str) and not address.startswith("\0") and not Path(address).exists():
        return False
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True
