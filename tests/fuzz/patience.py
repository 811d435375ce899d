"""A run that takes too long, on a machine that has other things to do: tried once more, then a failure."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

LONGEST_S = 1800.0  # a machine that gives it a tenth of a processor makes nothing fail
Result = TypeVar("Result")


def run_group(
    command: Sequence[str], variables: Mapping[str, str], longest_s: float = LONGEST_S
) -> subprocess.CompletedProcess[str]:
    """Run `command`; after `longest_s` it and all that it started are ended, and `TimeoutExpired` is raised.

    What it started holds its pipes open: `subprocess.run` would wait for that without end.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=dict(variables),
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=longest_s)
    except BaseException:
        kill_group(process)
        raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def kill_group(process: subprocess.Popen[Any]) -> None:
    """End a process that leads a group, and the others of it."""
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_twice(attempt: Callable[[], Result]) -> Result | None:
    """Return what `attempt` returns, or what it returns the second time; None where both took too long."""
    for _ in range(2):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return attempt()
    return None
