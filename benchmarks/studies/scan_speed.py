"""`fakelens scan` of a folder against `fakelens check --json`: images/s, both as a user runs them, in turns.

Run as `python -m fakelens.benchmarks.studies.scan_speed`. Each run is a process of its own, its start
included; a scan plans, resumes and digests beside, and should hardly pay for it.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.sources import walk_images


@dataclass(frozen=True, kw_only=True)
class ScanSpeed:
    """Medians over the rounds."""

    images: int
    scan_per_s: float
    check_per_s: float
    ratio: float  # of images/s, taken round by round
    cpu_ratio: float  # of CPU time, the check's over the scan's: what a busy machine disturbs least


@dataclass(frozen=True, kw_only=True)
class _Lap:
    wall_s: float
    cpu_s: float


def scan_speed(
    data: Annotated[
        Path | None, typer.Argument(help="Folder of pictures; by default JPEGs made for the purpose.")
    ] = None,
    model: Annotated[str, typer.Option(help="A release model or a model file.")] = "cifake-quick",
    images: Annotated[int, typer.Option(min=2, help="How many are made.")] = 5000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="Of both.")] = 2,
    min_ratio: Annotated[float, typer.Option(help="Exit 1 where the ratio is below.")] = 0.0,
) -> None:
    """Print images/s of a scan and of a check, and their ratio."""
    folder = data or find_pictures(read_model(find_model(model)).contract.input, images)
    found = measure_scan(folder, model, rounds=rounds, threads=threads)
    typer.echo(
        f"{model}, {found.images:,} images, {threads} threads: scan {found.scan_per_s:,.1f} images/s, check "
        f"{found.check_per_s:,.1f}, ratio {found.ratio:.3f}, of CPU {found.cpu_ratio:.3f}"
    )
    if found.ratio < min_ratio:
        raise GateError(f"ratio {found.ratio:.3f} is below {min_ratio:g}")


def measure_scan(folder: Path, model: str, *, rounds: int, threads: int) -> ScanSpeed:
    """Time both over the pictures in `folder`, in turns; `UsageError` where one of them fails."""
    count = sum(1 for _ in walk_images(folder))
    if not count:
        raise UsageError(f"{folder}: no pictures")
    common = ["--model", model, "--threads", str(threads)]
    pairs: list[tuple[_Lap, _Lap]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as output:
            scanned = _time(["scan", str(folder), "-o", str(Path(output, "results")), *common])
        pairs.append((scanned, _time(["check", str(folder), "--json", *common])))
    return ScanSpeed(
        images=count,
        scan_per_s=count / statistics.median(mine.wall_s for mine, _ in pairs),
        check_per_s=count / statistics.median(other.wall_s for _, other in pairs),
        ratio=statistics.median(other.wall_s / mine.wall_s for mine, other in pairs),
        cpu_ratio=statistics.median(other.cpu_s / mine.cpu_s for mine, other in pairs),
    )


def _time(arguments: Sequence[str]) -> _Lap:
    """Run a command of ours, its answers into a file, and return what it took."""
    wall_s, cpu_s = time.perf_counter(), _count_cpu()
    with tempfile.TemporaryFile() as answers:
        command = [sys.executable, "-m", "fakelens.edge_runtime", *arguments]
        done = subprocess.run(command, stdout=answers, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise UsageError(f"fakelens {arguments[0]} ended with {done.returncode}: {last}")
    return _Lap(wall_s=time.perf_counter() - wall_s, cpu_s=_count_cpu() - cpu_s)


def _count_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    run_command(scan_speed)
