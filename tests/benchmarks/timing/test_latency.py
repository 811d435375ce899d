from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.timing.latency import Latency, measure_latency, pool_readings
from fakelens.benchmarks.timing.samples import Sample
from fakelens.benchmarks.timing.stopwatch import Order, Reading
from fakelens.edge_runtime.errors import UsageError
from tests.benchmarks.timing.test_conditions import QUIET

ROUND = Reading(
    init_ms=5.0,
    first_ms=2.0,
    infer_ms=(1.0,) * 9 + (3.0,),
    stages_ms=((4.0, 0.5, 1.0, 0.1), (6.0, 0.5, 1.0, 0.1), (5.0, 0.7, 1.2, 0.1)),
    images_per_s=150.0,
    cpu_share=0.99,
    frequency_mhz=2400.0,
    peak_rss_bytes=60_000_000,
    partitions=1,
    leftover_ops=("SOFTMAX",),
)


def _pool(*readings: Reading) -> Latency:
    return pool_readings(Order(model="m.tflite", threads=1, files=()), readings, "4 photos", [QUIET, QUIET])


def test_percentiles_are_over_all_runs_and_bands_over_the_rounds() -> None:
    slower = replace(ROUND, infer_ms=(1.1,) * 10, init_ms=7.0, images_per_s=140.0)
    latency = _pool(ROUND, slower, ROUND)
    assert latency.runs == 30
    assert (latency.p50_ms.low, latency.p50_ms.value, latency.p50_ms.high) == (1.0, 1.0, 1.1)
    assert latency.p90_ms == pytest.approx(1.1)
    assert latency.p99_ms == pytest.approx(3.0)
    assert (latency.init_ms.value, latency.init_ms.high) == (5.0, 7.0)
    assert latency.images_per_s.low == 140.0
    assert (latency.stages.decode_ms, latency.stages.fit_ms, latency.stages.infer_ms) == (5.0, 0.5, 1.0)
    assert latency.valid


def test_rounds_that_differ_or_were_kept_waiting_are_not_valid() -> None:
    slower = replace(ROUND, infer_ms=(1.5,) * 10)
    assert _pool(ROUND, ROUND, slower).faults == ("rounds from 1 to 1.5 ms",)
    waiting = replace(ROUND, cpu_share=0.7)
    assert _pool(ROUND, waiting, waiting).faults == ("it had a processor for 70% of the time",)
    assert not _pool(ROUND, waiting, waiting).valid


def test_memory_that_is_not_told_is_not_made_up() -> None:
    assert _pool(replace(ROUND, peak_rss_bytes=None, partitions=None)).peak_rss_bytes is None


def test_each_configuration_is_measured_in_processes_of_its_own(model_file: Path, data: Path) -> None:
    sample = Sample(paths=tuple(sorted(data.rglob("*.png"))[:2]), name="two")
    one, two = measure_latency([model_file], [1, 2], sample, rounds=2)
    assert [(each.path, each.threads, each.sample) for each in (one, two)] == [
        (model_file, 1, "two"),
        (model_file, 2, "two"),
    ]
    assert one.runs >= 24
    assert 0 < one.p50_ms.low <= one.p50_ms.high
    assert one.p50_ms.low <= one.p99_ms
    assert len(one.frequency_mhz) == 2
    assert one.peak_rss_bytes is not None
    assert 10e6 < one.peak_rss_bytes.value < 500e6


def test_a_sample_that_cannot_be_read_is_one_line(model_file: Path, tmp_path: Path) -> None:
    sample = Sample(paths=(tmp_path / "gone.png",), name="none")
    with pytest.raises(UsageError, match=r"none of 1 images can be read; the first: .*gone\.png"):
        measure_latency([model_file], [1], sample, rounds=1)
