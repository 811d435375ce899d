"""How long after its start `fakelens train` has a first epoch to show.

Run as `python -m fakelens.train.studies.first_epoch DATA` on an idle machine: cuts 300 + 300 pictures out of
DATA, trains on them as a user would, with an empty cache and the defaults, until the line of the first epoch
is there, and ends with 1 where that takes over 20 seconds.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.errors import GateError, RunError
from fakelens.train.studies import options
from fakelens.train.studies.subsets import Pictures, Size, lay_out

_MOST_S = 20.0
_FIRST = re.compile(r"\w+ 1/\d+ +loss ")
_MAIN = "import sys; from fakelens.edge_runtime.main import main; sys.exit(main())"


def first_epoch(
    data: options.Data,
    pictures: Annotated[int, typer.Option(min=20, help="Of each class.")] = 300,
    most: options.Most = None,
    rounds: Annotated[int, typer.Option(min=1, help="The fastest counts.")] = 1,
    setting: options.Setting = None,
) -> None:
    """Train on a few pictures until the first epoch is done, and print how long that takes."""
    given = [part for text in setting or [] for part in ("--set", text)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = Size(real=pictures, fake=pictures)
        lay_out(Pictures(data=data, test=10, most=most), folder / "data", size, 0)
        seconds = [_train(folder / "data", folder / str(number), given) for number in range(rounds)]
    shown = ", ".join(f"{each:.1f}" for each in seconds)
    typer.echo(f"{size} pictures: first epoch {min(seconds):.1f} s after the start (rounds: {shown})")
    if min(seconds) > _MOST_S:
        raise GateError(f"the first epoch takes {min(seconds):.1f} s, over {_MOST_S:g} s")


def _train(data: Path, scratch: Path, given: list[str]) -> float:
    """Return the seconds from starting the program to its line of the first epoch; it is ended then."""
    command = [sys.executable, "-c", _MAIN, "train", str(data), "-o", str(scratch / "run"), *given]
    scratch.mkdir()
    environment = {**os.environ, "FAKELENS_CACHE": str(scratch / "cache")}
    start = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            if _FIRST.match(line):
                seconds = time.perf_counter() - start
                process.kill()
                return seconds
            said = line.strip() or said
    raise RunError(f"training ended before its first epoch: {said}")


if __name__ == "__main__":
    run_command(first_epoch)
