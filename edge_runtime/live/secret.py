"""Passwords and tokens that do not stand on the command line, where every user of a machine reads them."""

from pathlib import Path

from fakelens.edge_runtime.errors import UsageError


def read_secret(value: str) -> str:
    """Return `value`, or the first line of the file that it names after an `@`; `UsageError` without one."""
    if not value.startswith("@"):
        return value
    path = Path(value[1:])
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise UsageError(f"@{path}: cannot be read ({reason}); name a file with one line") from error
    if not lines or not lines[0].strip():
        raise UsageError(f"@{path}: the first line is empty; write the value into it")
    return lines[0].strip()
