"""A first answer from a cold start: `fakelens check` and `Detector` beside a bare LiteRT script.

Run as `python -m fakelens.benchmarks.studies.cold_start`, where fakelens is installed as a wheel: the finder
of an editable install costs a start some milliseconds. Each start is a process of its own, in turns; what a
busy machine disturbs least is processor time, user and system.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model

_BARE = "LiteRT by hand"
_FEWEST = 3
# Decodes, scales, infers, prints; knows the model and the picture, and nothing can go wrong.
_SCRIPT = """\
import sys
import numpy as np
from PIL import Image
from ai_edge_litert.interpreter import Interpreter
model, picture = sys.argv[1:]
interpreter = Interpreter(model_path=model, num_threads=1)
interpreter.allocate_tensors()
source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
size = source["shape"][1]
image = Image.open(picture).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
interpreter.set_tensor(source["index"], np.asarray(image, source["dtype"])[None])
interpreter.invoke()
print(interpreter.get_tensor(target["index"]))
"""
_DETECTOR = """\
import sys
from fakelens.edge_runtime import Detector
model, picture = sys.argv[1:]
print(Detector(model).check(picture))
"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """One process from its start to its end."""

    wall_s: float
    cpu_s: float  # of the process and its threads


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """Medians over the rounds of one way to an answer; ratios to the bare script's, taken round by round."""

    way: str
    wall_s: float
    cpu_s: float
    wall_ratio: float
    cpu_ratio: float


def cold_start(
    model: Annotated[str, typer.Argument(help="Model file or release model.")] = DEFAULT_MODEL,
    rounds: Annotated[int, typer.Option(min=_FEWEST, help="Starts of each that count.")] = 15,
    max_ratio: Annotated[float | None, typer.Option(help="Exit 1 where processor time is above.")] = None,
) -> None:
    """Print how long a first answer takes from a cold start, as a Markdown table."""
    found = measure_cold_start(model, rounds)
    header = ("from a cold start", "s", "over the bare script", "processor time, s", "over the bare script")
    rows = [
        (way.way, f"{way.wall_s:.3f}", f"{way.wall_ratio:.2f}", f"{way.cpu_s:.3f}", f"{way.cpu_ratio:.2f}")
        for way in found
    ]
    typer.echo(format_table(header, rows))
    worst = max(found, key=lambda way: way.cpu_ratio)
    if max_ratio is not None and worst.cpu_ratio > max_ratio:
        raise GateError(f"{worst.way} takes {worst.cpu_ratio:.2f} of a bare script, above {max_ratio:g}")


def measure_cold_start(model: str, rounds: int) -> list[ColdStart]:
    """Start each way `rounds` times, in turns, on one picture; `UsageError` where one fails."""
    file = find_model(model)
    picture = min(find_pictures(read_model(file).contract.input, 2).glob("*.jpg"))
    words = [str(file), str(picture)]
    command = Path(sys.executable).parent / "fakelens"
    ways = {
        _BARE: [sys.executable, "-c", _SCRIPT, *words],
        "`Detector(...).check(...)`": [sys.executable, "-c", _DETECTOR, *words],
        "`fakelens check PICTURE`": [str(command), "check", str(picture), "--model", model],
    }
    starts = _start_in_turns(ways, rounds)
    return [
        ColdStart(
            way=way,
            wall_s=statistics.median(start.wall_s for start in mine),
            cpu_s=statistics.median(start.cpu_s for start in mine),
            wall_ratio=statistics.median(
                a.wall_s / b.wall_s for a, b in zip(mine, starts[_BARE], strict=True)
            ),
            cpu_ratio=statistics.median(a.cpu_s / b.cpu_s for a, b in zip(mine, starts[_BARE], strict=True)),
        )
        for way, mine in starts.items()
    ]


def _start_in_turns(ways: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, command in ways.items():
            start = _start(command)
            if number:  # the first round writes byte code and fills the system's cache of files
                starts[way].append(start)
    return starts


def _start(command: Sequence[str]) -> Start:
    """Run `command` to its end, whose answer is not looked at; `UsageError` where it fails."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=kept | {"PYTHONSAFEPATH": "1"},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - begin
    if process.returncode:
        raise UsageError(f"{' '.join(command[:3])[:60]} ended with {process.returncode}: run it by hand")
    return Start(wall_s=wall_s, cpu_s=used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    run_command(cold_start)
