"""Latency of models on this machine: each configuration in processes of its own, in turns.

A round measures every configuration once, each time starting with another, so that a passing load or a
processor that grows warm meets all of them. What comes out is percentiles with the spread of the rounds,
and reasons for doubt where the machine had other things to do.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.benchmarks.timing.conditions import Conditions, find_faults, observe
from fakelens.benchmarks.timing.samples import Sample
from fakelens.benchmarks.timing.stopwatch import Order, Reading
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.progress import show_progress

ROUNDS = 5
_LEAST_CPU = 0.9  # of the time, in which a measured run must have had a processor
_MOST_SPREAD = 0.25  # of the median, between the slowest round and the fastest


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A figure over the rounds: their median, the lowest and the highest."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Medians over the images of what a check spends, in milliseconds."""

    decode_ms: float
    fit_ms: float  # to the model's input
    infer_ms: float  # of all tiles of an image
    decide_ms: float  # from scores to the verdict


@dataclass(frozen=True, kw_only=True)
class Latency:
    """One model with one number of threads."""

    path: Path  # absolute
    threads: int
    sample: str  # what the images were
    runs: int  # of one inference, over all rounds
    p50_ms: Spread  # of one inference: a call of the graph on one input tensor
    p90_ms: float  # over all runs
    p99_ms: float
    init_ms: Spread  # from the file's name to a detector that could answer
    first_ms: Spread  # its first inference
    images_per_s: Spread  # from files to verdicts, as `fakelens check --threads` does it
    stages: Stages
    peak_rss_bytes: Spread | None  # None where the system does not tell
    partitions: int | None  # of XNNPACK; None where LiteRT does not tell
    leftover_ops: tuple[str, ...]  # run by the reference kernels instead
    before: Conditions
    after: Conditions
    frequency_mhz: tuple[float | None, ...]  # under load, one a round
    faults: tuple[str, ...]  # why the figures mean little

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against the figures."""
        return not self.faults


def measure_latency(
    models: Sequence[Path], threads: Sequence[int], sample: Sample, rounds: int = ROUNDS
) -> list[Latency]:
    """Return each of `models` with each number of `threads`, in this order; about a second a round each.

    `UsageError` where no file of `sample` can be read.
    """
    orders = [
        Order(model=str(path.resolve()), threads=count, files=tuple(map(str, sample.paths)))
        for path in models
        for count in threads
    ]
    seen: list[Conditions] = []
    readings: list[list[Reading]] = [[] for _ in orders]
    turns = [(turn, place) for turn in range(rounds) for place in range(len(orders))]
    for turn, place in show_progress(turns, "timing", len(turns)):
        if place == 0:
            seen.append(observe())
        number = (turn + place) % len(orders)
        readings[number].append(_measure_apart(orders[number]))
    seen.append(observe())
    return [
        pool_readings(order, found, sample.name, seen) for order, found in zip(orders, readings, strict=True)
    ]


def _measure_apart(order: Order) -> Reading:
    """Return a round's reading, from a new process; LiteRT's threads would not survive a fork."""
    done = subprocess.run(
        [sys.executable, "-m", "fakelens.benchmarks.timing.stopwatch", json.dumps(asdict(order))],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONSAFEPATH": "1"},  # a random.py in the user's folder is not ours to import
    )
    if done.returncode:
        raise UsageError((done.stderr.strip() or f"timing ended with {done.returncode}").splitlines()[-1])
    fields: dict[str, Any] = json.loads(done.stdout)
    stages = tuple(tuple(image) for image in fields["stages_ms"])
    tuples = {"infer_ms": tuple(fields["infer_ms"]), "leftover_ops": tuple(fields["leftover_ops"])}
    return Reading(**fields | tuples | {"stages_ms": stages})


def pool_readings(
    order: Order, readings: Sequence[Reading], sample: str, seen: Sequence[Conditions]
) -> Latency:
    """Return what the `readings` of one configuration come to; `seen` is the machine's state meanwhile."""
    infer_ms = np.concatenate([reading.infer_ms for reading in readings])
    stages = np.median(np.concatenate([reading.stages_ms for reading in readings]), axis=0)
    memory = [reading.peak_rss_bytes for reading in readings if reading.peak_rss_bytes is not None]
    p50_ms = _spread([float(np.median(reading.infer_ms)) for reading in readings])
    frequencies = tuple(reading.frequency_mhz for reading in readings)
    faults = find_faults(seen, frequencies)
    cpu_share = float(np.median([reading.cpu_share for reading in readings]))
    if cpu_share < _LEAST_CPU:
        faults.append(f"it had a processor for {cpu_share:.0%} of the time")
    if p50_ms.high - p50_ms.low > _MOST_SPREAD * p50_ms.value:
        faults.append(f"rounds from {p50_ms.low:.3g} to {p50_ms.high:.3g} ms")
    return Latency(
        path=Path(order.model),
        threads=order.threads,
        sample=sample,
        runs=len(infer_ms),
        p50_ms=p50_ms,
        p90_ms=float(np.percentile(infer_ms, 90)),
        p99_ms=float(np.percentile(infer_ms, 99)),
        init_ms=_spread([reading.init_ms for reading in readings]),
        first_ms=_spread([reading.first_ms for reading in readings]),
        images_per_s=_spread([reading.images_per_s for reading in readings]),
        stages=Stages(
            decode_ms=float(stages[0]),
            fit_ms=float(stages[1]),
            infer_ms=float(stages[2]),
            decide_ms=float(stages[3]),
        ),
        peak_rss_bytes=_spread([float(each) for each in memory]) if memory else None,
        partitions=readings[0].partitions,
        leftover_ops=readings[0].leftover_ops,
        before=seen[0],
        after=seen[-1],
        frequency_mhz=frequencies,
        faults=tuple(faults),
    )


def _spread(values: Sequence[float]) -> Spread:
    return Spread(value=float(np.median(values)), low=min(values), high=max(values))
