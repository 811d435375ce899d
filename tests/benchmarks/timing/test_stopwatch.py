import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakelens.benchmarks.timing.stopwatch import LEAST_RUNS, Order, measure, read_peak_rss
from fakelens.edge_runtime.errors import UsageError

STOPWATCH = [sys.executable, "-m", "fakelens.benchmarks.timing.stopwatch"]


def test_a_round_times_every_stage_and_leaves_unreadable_files_out(model_file: Path, data: Path) -> None:
    files = (*(str(path) for path in sorted(data.rglob("*.png"))[:3]), "gone.png")
    reading = measure(Order(model=str(model_file), threads=1, files=files))
    assert len(reading.infer_ms) >= LEAST_RUNS
    assert len(reading.stages_ms) >= LEAST_RUNS
    assert len(reading.stages_ms) % 3 == 0  # whole passes over what can be read
    assert all(stage > 0 for image in reading.stages_ms for stage in image)
    assert min(reading.init_ms, reading.first_ms, reading.images_per_s) > 0
    assert 0 < reading.cpu_share < 1.5
    assert reading.partitions == 1


def test_nothing_to_read_is_one_line(model_file: Path) -> None:
    with pytest.raises(UsageError, match=r"none of 2 images can be read; the first: gone\.png"):
        measure(Order(model=str(model_file), threads=1, files=("gone.png", "lost.png")))


def test_its_process_speaks_one_line_of_json(model_file: Path, data: Path) -> None:
    file = next(iter(data.rglob("*.png")))
    order = json.dumps({"model": str(model_file), "threads": 1, "files": [str(file)]})
    done = subprocess.run([*STOPWATCH, order], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout)["peak_rss_bytes"] > 10e6
    order = json.dumps({"model": "gone.tflite", "threads": 1, "files": [str(file)]})
    done = subprocess.run([*STOPWATCH, order], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="elsewhere the system counts differently")
def test_peak_memory_is_that_of_the_program_and_not_of_the_one_that_started_it() -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    code = "from fakelens.benchmarks.timing.stopwatch import read_peak_rss; print(read_peak_rss())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    peak = read_peak_rss()
    assert peak is not None
    assert int(done.stdout) < len(ballast) < peak
