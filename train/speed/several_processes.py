"""Images per second of `fakelens train` in two processes on this machine, beside one process on its cores.

    python -m fakelens.train.speed.several_processes

Both train the same network on the same images with the same batches of all together, in float32, in turns,
each as a user starts it. Two processes on the cores of one machine share them, so this measures what carrying
the sums costs; what a second machine brings, `steps/s` in the log of a run there says.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import GateError, RunError
from fakelens.train.fit.checkpoint import load_state
from fakelens.train.run.rundir import read_start
from fakelens.train.settings import load_config
from fakelens.train.startup import require_tensorflow


@dataclass(frozen=True, kw_only=True)
class TeamSpeed:
    """Medians over the turns: training images/s, the first epoch, which compiles, and validation left out."""

    together_per_s: float
    alone_per_s: float
    ratio: float  # taken turn by turn


def several_processes(
    recipe: Annotated[
        str, typer.Option(help="Network, batch size and augmentation are its own.")
    ] = "cifake-quick",
    images: Annotated[int, typer.Option(min=4, help="JPEGs of each class, made for the purpose.")] = 2000,
    workers: Annotated[int, typer.Option(min=2, help="Processes that train together.")] = 2,
    epochs: Annotated[int, typer.Option(min=2, help="Of each run; all but the first are timed.")] = 4,
    turns: Annotated[int, typer.Option(min=1, help="Runs of each kind.")] = 3,
    min_ratio: Annotated[float, typer.Option(help="Exit 1 where the ratio is below.")] = 0.0,
) -> None:
    """Print images/s of both ways of training, and their ratio."""
    require_tensorflow()
    found = measure_team(recipe, [f"fit.epochs={epochs}"], images=images, workers=workers, turns=turns)
    typer.echo(
        f"{recipe}: {workers} processes {found.together_per_s:,.0f} images/s, one process "
        f"{found.alone_per_s:,.0f}, ratio {found.ratio:.2f}"
    )
    if found.ratio < min_ratio:
        raise GateError(f"ratio {found.ratio:.2f} is below {min_ratio:g}")


def measure_team(recipe: str, settings: Sequence[str], *, images: int, workers: int, turns: int) -> TeamSpeed:
    """Train `recipe` with `settings` (KEY=VALUE) in turns, on `images` made JPEGs of each class."""
    size = load_config(recipe, {}).data.size
    same = ["fit.precision=float32", "fit.patience=0", "prune.sparsity=0", "qat.enabled=false", *settings]
    options = ["--recipe", recipe, *(word for each in same for word in ("--set", each))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, label in enumerate(("real", "fake")):
            make_pictures(folder / "data" / label, images, size, size, seed=number)
        pairs = []
        for turn in range(turns):
            together = _train(folder / "data", folder / f"together-{turn}", options, workers)
            pairs.append((together, _train(folder / "data", folder / f"alone-{turn}", options, 1)))
    return TeamSpeed(
        together_per_s=statistics.median(team for team, _ in pairs),
        alone_per_s=statistics.median(alone for _, alone in pairs),
        ratio=statistics.median(team / alone for team, alone in pairs),
    )


def _train(data: Path, run: Path, options: Sequence[str], workers: int) -> float:
    """Train in so many processes; return training images/s of all together."""
    command = [sys.executable, "-m", "fakelens.edge_runtime", "train", str(data), "-o", str(run), *options]
    addresses = ",".join(_find_addresses(workers))
    processes = []
    for index in range(workers):
        team = ["--workers", addresses, "--index", str(index)] if workers > 1 else []
        processes.append(
            subprocess.Popen([*command, *team], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        )
    said = [process.communicate()[1] for process in processes]
    for process, lines in zip(processes, said, strict=True):
        if process.returncode:
            last = (lines.strip().splitlines() or [""])[-1]
            raise RunError(f"a process that trained ended with {process.returncode}: {last[:300]}")
    history = load_state(run / run_layout.CHECKPOINTS / "float.npz").history
    return read_start(run)[0].fit.batch_size * statistics.median(epoch.steps_per_s for epoch in history[1:])


def _find_addresses(count: int) -> list[str]:
    """Return addresses on this machine with ports that are free by now."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in servers]
    for server in servers:
        server.close()
    return addresses


if __name__ == "__main__":
    run_command(several_processes)
