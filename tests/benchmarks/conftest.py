"""A labelled set whose figures under the brightness model are known by arithmetic."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakelens.benchmarks.bench.table import Line, TableConfig, measure_table
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.benchmarks.timing.conditions import Conditions
from fakelens.benchmarks.timing.latency import Latency, Spread, Stages

_QUIET = Conditions(busy_cores=0.1, load=0.2, temperature_c=None, throttling=None)


@pytest.fixture
def data(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """A test split of 10 reals and 10 fakes: 1 real bright, 2 fakes dark, 1 fake on the fence.

    Right: 9 reals and 8 fakes, 17 of 20. UNSURE: 1 fake (grey 130, P(fake) .53), which was right.
    """
    reals = [20, 30, 40, 50, 60, 70, 80, 90, 100, 200]
    fakes = [130, 40, 90, 170, 180, 190, 210, 220, 230, 240]
    for folder, levels in (("REAL", reals), ("FAKE", fakes)):
        for number, level in enumerate(levels):
            save_grey(tmp_path / "greys" / "test" / folder / f"{number} (1).png", level)
    return tmp_path / "greys"


@pytest.fixture
def make_line(model_file: Path, data: Path) -> Callable[..., Line]:
    """A line of the table on that set, with times as if they were measured, changed as is asked for."""
    accuracy = BenchConfig(models=(str(model_file),), data=data)
    (scored,) = measure_table(TableConfig(models=accuracy.models, accuracy=accuracy))

    def make(name: str = "brightness", *, p50_ms: float = 1.0, threads: int = 1, **changes: Any) -> Line:
        latency = Latency(
            path=model_file,
            threads=threads,
            sample="2 photos",
            runs=60,
            p50_ms=Spread(value=p50_ms, low=0.98 * p50_ms, high=1.02 * p50_ms),
            p90_ms=1.2 * p50_ms,
            p99_ms=1.5 * p50_ms,
            init_ms=Spread(value=5.0, low=4.5, high=6.0),
            first_ms=Spread(value=2.0, low=1.9, high=2.2),
            images_per_s=Spread(value=100 / p50_ms, low=98 / p50_ms, high=102 / p50_ms),
            stages=Stages(decode_ms=4.0, fit_ms=0.5, infer_ms=p50_ms, decide_ms=0.01),
            peak_rss_bytes=Spread(value=60e6, low=59e6, high=61e6),
            partitions=1,
            leftover_ops=("SOFTMAX",),
            before=_QUIET,
            after=_QUIET,
            frequency_mhz=(2400.0, 2390.0),
            faults=(),
        )
        latency = replace(
            latency, **{key: changes.pop(key) for key in list(changes) if hasattr(latency, key)}
        )
        return replace(scored, path=model_file.with_name(f"{name}.tflite"), **{"latency": latency} | changes)

    return make
