"""All that `fakelens bench` measures, a line for each model and number of threads."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.bench.footprint import Footprint, measure_footprint
from fakelens.benchmarks.bench.rows import BenchRow, OpenBench, open_bench, score_models
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.benchmarks.timing.instructions import count_verdict
from fakelens.benchmarks.timing.latency import Latency, measure_latency
from fakelens.benchmarks.timing.samples import Sample, choose_sample, make_sample
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.modelfile.library import find_model


@dataclass(frozen=True, kw_only=True)
class TableConfig:
    """What to measure."""

    models: tuple[str, ...]  # paths or names of release models
    threads: tuple[int, ...] = ()  # to time each model with; empty for no timing
    accuracy: BenchConfig | None = None  # of the same models; None where there are no labelled images
    instructions: bool = False  # whether those of a verdict are counted, which takes minutes

    def __post_init__(self) -> None:
        if not self.threads and self.accuracy is None and not self.instructions:
            raise UsageError("nothing to measure: give --data DIR for accuracy, or leave out --no-timing")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A model file and what was found out about it."""

    path: Path
    contract: Contract
    footprint: Footprint
    row: BenchRow | None  # accuracy
    latency: Latency | None  # None where it was not timed, and for accuracy without excluded images
    instructions: int | None = None  # of one verdict; None where they were not counted


def measure_table(config: TableConfig) -> list[Line]:
    """Return the lines, model by model: one a number of threads, then one without the excluded images.

    All names are checked first. Times come before accuracy, which keeps every core busy.
    """
    contracts = [Detector(name).contract for name in config.models]
    paths = [find_model(name) for name in config.models]
    opened = None if config.accuracy is None else open_bench(config.accuracy)
    latencies: Sequence[Latency] = ()
    if config.threads:
        with _open_sample(opened) as sample:
            latencies = measure_latency(paths, config.threads, sample)
    rows = () if opened is None else tuple(score_models(opened))
    cuts = 0 if opened is None else len(opened.cuts)
    lines: list[Line] = []
    for number, (path, contract) in enumerate(zip(paths, contracts, strict=True)):
        timed = latencies[number * len(config.threads) :][: len(config.threads)]
        whole, *without = rows[number * cuts :][:cuts] or (None,)
        pairs = [*((whole, latency) for latency in timed or (None,)), *((row, None) for row in without)]
        footprint = measure_footprint(path)
        counted = count_verdict(path) if config.instructions else None
        lines.extend(
            Line(
                path=path,
                contract=contract,
                footprint=footprint,
                row=row,
                latency=latency,
                instructions=counted,
            )
            for row, latency in pairs
        )
    return lines


def _open_sample(opened: OpenBench | None) -> AbstractContextManager[Sample]:
    """Return the images to time on: some of those that are scored, else made ones."""
    if opened is None:
        return make_sample()
    return nullcontext(choose_sample(opened.images, opened.config.data))
