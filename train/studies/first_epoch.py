"""How long after its start `fakelens train` has a first epoch to show.

Run as `python -m fakelens.train.studies.first_epoch DATA` on an idle machine: cuts 300 + 300 pictures out of
DATA, trains on them as a user would, with an empty cache and the defaults, until the first line that says how
well validation pictures are told apart, and ends with 1 where that takes over 20 seconds. It also says when
the first step was done, where more than the head learns (`--set network.name=compact --set data.size=32`, as
with models of small pictures).
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.errors import GateError, RunError
from fakelens.train.studies import options
from fakelens.train.studies.subsets import Pictures, Size, lay_out

_MOST_S = 20.0
_FEW = 10  # test pictures of each class: none is looked at so early
_FIRST = re.compile(r"\w+ 1/\d+ +loss |first epoch|the head (begins|moves) ")
_STEP = re.compile(r"\w+ 1/\d+: first step done")
_MAIN = (
    "import logging, sys; logging.getLogger('fakelens.train.fit.loop').setLevel(logging.DEBUG); "
    "from fakelens.edge_runtime.main import main; sys.exit(main())"
)


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
        lay_out(Pictures(data=data, most=most, test=_FEW), folder / "data", size, 0)
        timed = [_train(folder / "data", folder / str(number), given) for number in range(rounds)]
    seconds = min(each.seconds for each in timed)
    shown = ", ".join(_describe(each) for each in timed)
    typer.echo(f"{size} pictures: first epoch {seconds:.1f} s after the start (rounds: {shown})")
    if seconds > _MOST_S:
        raise GateError(f"the first epoch takes {seconds:.1f} s, over {_MOST_S:g} s")


@dataclass(frozen=True, kw_only=True)
class FirstEpoch:
    """What it took to the line of the first epoch."""

    seconds: float  # since the program was started
    processor_s: float  # of it and its threads
    step: str | None  # when its first step was done, in words; None where the head alone learns


def _train(data: Path, scratch: Path, given: list[str]) -> FirstEpoch:
    """Start training, and end it when its first epoch is done."""
    command = [sys.executable, "-c", _MAIN, "train", str(data), "-o", str(scratch / "run"), *given]
    scratch.mkdir()
    environment = {**os.environ, "FAKELENS_CACHE": str(scratch / "cache")}
    start, before = time.perf_counter(), _sum_processor_time()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        said, step = "", None
        for line in process.stderr:
            if _STEP.match(line):
                step = f"{time.perf_counter() - start:.1f} with {_read_processor_s(process.pid):.1f}"
            elif _FIRST.match(line):
                seconds = time.perf_counter() - start
                process.kill()
                process.wait()
                return FirstEpoch(seconds=seconds, processor_s=_sum_processor_time() - before, step=step)
            said = line.strip() or said
    raise RunError(f"training ended before its first epoch: {said}")


def _describe(epoch: FirstEpoch) -> str:
    step = "" if epoch.step is None else f", first step after {epoch.step}"
    return f"{epoch.seconds:.1f} with {epoch.processor_s:.1f} of processor time{step}"


def _read_processor_s(process: int) -> float:
    """Return the seconds of processor time that a running process of ours has had, by Linux' own count."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in after_name[11:13]) / os.sysconf("SC_CLK_TCK")


def _sum_processor_time() -> float:
    """Return the seconds that all finished programs started from here have had."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    run_command(first_epoch)
