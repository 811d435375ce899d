"""Count of the instructions that an inference takes on an emulated processor.

Debian's qemu-user is built without plugins, so its own log is read: which blocks of code run (`exec`) and
how long each is (`in_asm`), of LiteRT's library alone; Python, numpy and the kernel are not counted. The
count of one inference is the difference between runs with more and fewer of them.
"""

import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fakelens.benchmarks.emulation.arm64 import Emulated
from fakelens.edge_runtime.errors import GateError

_FEWER, _MORE = 2, 5  # inferences; the first ones warm up
_TRACE = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/")
_INSTRUCTION = re.compile(r"^0x([0-9a-f]+):\s")
_STILL = ("setarch", "--addr-no-randomize")  # libraries then lie where they lay the last time


def count_instructions(emulated: Emulated, cpu: str, model: Path) -> int:
    """Return the instructions of one inference by `model` on `cpu`; some minutes.

    `GateError` where the libraries do not lie still from run to run.
    """
    areas = _infer(emulated.command(cpu), emulated, model, _FEWER).split()
    counts = [_count_run(emulated, cpu, model, times, areas) for times in (_FEWER, _MORE)]
    return round((counts[1] - counts[0]) / (_MORE - _FEWER))


def read_log(lines: Iterable[str]) -> int:
    """Return the instructions executed by the log in `lines`: blocks as they are translated, then run."""
    lengths: dict[int, int] = {}
    runs: Counter[int] = Counter()
    block: int | None = None
    for line in lines:
        trace = _TRACE.match(line)
        if trace:
            runs[int(trace[1], 16)] += 1
            block = None
        elif line.startswith("IN:"):
            block = -1
        elif block is not None:
            found = _INSTRUCTION.match(line)
            if not found:
                continue
            if block == -1:
                block = int(found[1], 16)
                lengths[block] = 0
            lengths[block] += 1
    return sum(count * lengths.get(start, 0) for start, count in runs.items())


def _count_run(emulated: Emulated, cpu: str, model: Path, times: int, areas: list[str]) -> int:
    """Return the instructions in `areas` of a run with `times` inferences."""
    spans = [[int(end, 16) for end in area.split("-")] for area in areas]
    wanted = ",".join(f"0x{first:x}..0x{last - 1:x}" for first, last in spans)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        os.mkfifo(log)  # gigabytes pass through, nothing is kept
        options = ("-d", "in_asm,exec,nochain", "-dfilter", wanted, "-D", str(log))
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(_infer, emulated.command(cpu, *options), emulated, model, times)
            with log.open(encoding="utf-8", errors="replace") as lines:
                count = read_log(lines)
            if run.result().split() != areas:
                raise GateError(
                    f"{model.stem} on {cpu}: LiteRT's libraries moved, instructions are not counted"
                )
    return count


def _infer(command: Sequence[str], emulated: Emulated, model: Path, times: int) -> str:
    done = subprocess.run(
        [*_STILL, *command, "-m", "fakelens.benchmarks.emulation.answers", str(model), "--infer", str(times)],
        env=emulated.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise GateError(f"{model.stem}: {reason}")
    return done.stdout.strip()
