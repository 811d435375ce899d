"""Does the input pipeline keep up? Steps/s of the fit loop against the same step fed from memory.

    python -m fakelens.train.speed.throughput

Both are measured in one process, in turns, on the same compiled step; see `measure_feeding`.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.train.config import TrainConfig
from fakelens.train.data.epoch import plan_epoch
from fakelens.train.networks import build_network
from fakelens.train.startup import load_tensorflow, require_tensorflow

if TYPE_CHECKING:  # else `--help` would load TensorFlow
    from fakelens.train.fit.loop import FitLoop


@dataclass(frozen=True, kw_only=True)
class Feeding:
    """Median steps/s of each way, and the median of the ratios taken turn by turn."""

    fed_steps_per_s: float  # through shuffling, augmentation and prefetching
    memory_steps_per_s: float  # one batch that is already a tensor, again and again
    ratio: float
    first_step_cpu_s: float  # processor time of the process until its first step was done, imports included


def throughput(
    steps: Annotated[int, typer.Option(min=1, help="Of each way in a turn.")] = 30,
    turns: Annotated[int, typer.Option(min=1, help="The medians count.")] = 5,
) -> None:
    """Print steps/s of the fit loop and of the same step fed from memory, and their ratio."""
    require_tensorflow()
    load_tensorflow()
    found = measure_feeding(TrainConfig(), steps=steps, turns=turns)
    typer.echo(
        f"fit {found.fed_steps_per_s:.2f} steps/s, from memory {found.memory_steps_per_s:.2f} steps/s, "
        f"ratio {found.ratio:.3f}; first step after {found.first_step_cpu_s:.1f} s of processor time"
    )


def measure_feeding(config: TrainConfig, *, steps: int = 30, turns: int = 5) -> Feeding:
    """Time `steps` steps each way in `turns` turns, on random images of the configured size."""
    import tensorflow as tf

    from fakelens.train.data.batches import open_batches
    from fakelens.train.fit.loop import Examples, FitLoop, Stage

    rng = np.random.default_rng(0)
    count, size = config.fit.batch_size * (steps + 2), config.data.size
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    labels = rng.integers(0, 2, count).astype(np.uint8)
    examples = Examples(
        images=images,
        labels=labels,
        targets=labels.astype(np.float32),
        class_weights=np.ones(2, np.float32),
        val_images=images,
        val_labels=labels,
    )
    model = build_network(config.network, size)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(name="float", fit=config.fit, augment=config.augment, seed=0, folder=Path(folder))
        loop = FitLoop(model, examples, stage)
    plan = plan_epoch(np.zeros(count, np.float32), loop.batch_size, 0.0, rng)
    batch = tuple(
        tf.constant(part[: loop.batch_size]) for part in (images, examples.targets, plan.weights.ravel())
    )
    loop.train_step(*batch)
    first_step_cpu_s = time.process_time()
    fed, memory = [], []
    for _ in range(turns):
        batches = open_batches(images, examples.targets, plan, config.augment, rng)
        fed.append(_time_steps(loop, batches, steps))
        memory.append(_time_steps(loop, [batch] * (steps + 1), steps))
    return Feeding(
        fed_steps_per_s=statistics.median(fed),
        memory_steps_per_s=statistics.median(memory),
        ratio=statistics.median(one / other for one, other in zip(fed, memory, strict=True)),
        first_step_cpu_s=first_step_cpu_s,
    )


def _time_steps(loop: "FitLoop", batches: Iterable[Any], steps: int) -> float:
    """Return steps/s over `steps` steps, the first batch not counted: the pipeline starts with it."""
    start = 0.0
    for done, batch in enumerate(batches):
        float(loop.train_step(*batch)[1])
        if done == 0:
            start = time.perf_counter()
        if done == steps:
            break
    return steps / (time.perf_counter() - start)


if __name__ == "__main__":
    run_command(throughput)
