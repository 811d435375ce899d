"""kill -9 at random moments: what a command leaves behind is whole or not there."""

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.fuzz.commands import COMMANDS, list_broken
from tests.fuzz.patience import LONGEST_S, kill_group, run_twice

_ENDLESS_S = 3.0  # until the kill of a command that does not end


@dataclass(kw_only=True)
class Kills:
    """What kills of one command came to."""

    name: str
    tries: int = 0
    killed: int = 0  # the others had ended before
    wrote: int = 0  # of the killed ones, after which files were there
    failures: list[str] = field(default_factory=list)


def kill_at_random(name: str, inputs: Path, scratch: Path, tries: int, first: int = 0) -> Kills:
    """Start the command `name` `tries` times, kill it at a random moment, and look at what is there.

    Every other time the moment is counted from its first file on: most of a run is start and work. The
    moments of tries from number `first` on are the same each time.
    """
    kills = Kills(name=name)
    try:
        whole_s = _ENDLESS_S if COMMANDS[name].endless else _time_whole(name, inputs, scratch)
    except RuntimeError as error:
        return Kills(name=name, tries=tries, failures=[str(error)])
    for number in range(first, first + tries):
        moments = random.Random(f"{name} {number}")
        folder = scratch / f"{name}-{number}".replace(" ", "")
        folder.mkdir()
        process = _start(name, inputs, folder)
        begun = time.monotonic()
        if number % 2:
            _wait_for_file(process, folder)
            rest_s = max(0.2, whole_s - (time.monotonic() - begun))
            time.sleep(moments.uniform(0, min(rest_s, _ENDLESS_S)))
        else:
            time.sleep(moments.uniform(0, whole_s))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills.killed += 1
            kills.wrote += _holds_files(folder)
        process.wait()
        kills.tries += 1
        kills.failures += [f"{name} {number}: {line}" for line in list_broken(folder)]
        shutil.rmtree(folder)
    return kills


def render_kills(found: list[Kills]) -> str:
    """Return a table in Markdown."""
    rows = ["| `kill -9` of | runs | killed | after its first file | half files |", "|---" * 5 + "|"]
    rows += [
        f"| `{kill.name}` | {kill.tries} | {kill.killed} | {kill.wrote} | {len(kill.failures)} |"
        for kill in found
    ]
    return "\n".join(rows) + "\n"


def _start(name: str, inputs: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMANDS[name].fill(inputs),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@cache
def _time_whole(name: str, inputs: Path, scratch: Path) -> float:
    """Return the seconds of a run that nobody kills; it must do its work."""
    whole_s = run_twice(lambda: _time_once(name, inputs, scratch))
    if whole_s is None:
        raise RuntimeError(f"{name} takes over {LONGEST_S:.0f} s by itself, twice")
    return whole_s


def _time_once(name: str, inputs: Path, scratch: Path) -> float:
    folder = scratch / f"{name}-whole".replace(" ", "")
    folder.mkdir()
    begun = time.monotonic()
    process = _start(name, inputs, folder)
    try:
        code = process.wait(LONGEST_S)
        if code not in (0, 1) or list_broken(folder):  # 1: a gate of such data
            raise RuntimeError(f"{name} ends with {code} by itself: {list_broken(folder)}")
        return time.monotonic() - begun
    finally:
        if process.poll() is None:
            kill_group(process)
        shutil.rmtree(folder)


def _wait_for_file(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + LONGEST_S
    while process.poll() is None and not _holds_files(folder) and time.monotonic() < deadline:
        time.sleep(0.005)


def _holds_files(folder: Path) -> bool:
    return any(not path.is_dir() for path in folder.rglob("*"))
