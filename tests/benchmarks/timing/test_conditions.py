import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.timing.conditions import Conditions, find_faults, observe, read_frequency_mhz
from fakelens.edge_runtime.machine.device import Throttling

QUIET = Conditions(busy_cores=0.0, load=0.1, temperature_c=50.0, throttling=Throttling(now=(), since_boot=()))
STEADY = [2400.0] * 5


def test_a_quiet_machine_has_no_faults() -> None:
    assert find_faults([QUIET] * 6, STEADY) == []
    silent = Conditions(busy_cores=None, load=None, temperature_c=None, throttling=None)
    assert find_faults([silent] * 6, [None] * 5) == []


def test_one_busy_moment_is_no_fault_but_most_of_them_are() -> None:
    busy = replace(QUIET, busy_cores=1.5)
    assert find_faults([QUIET, QUIET, busy, QUIET], STEADY) == []
    assert find_faults([busy, QUIET, busy, busy], STEADY) == ["other programs kept 1.5 cores busy"]


def test_a_falling_frequency_heat_and_throttling_are_faults() -> None:
    assert find_faults([QUIET], [2400.0, 2300.0, 1500.0]) == ["the frequency went between 1500 and 2400 MHz"]
    assert find_faults([QUIET, replace(QUIET, temperature_c=83.2)], STEADY) == ["the processor was at 83 °C"]
    now = replace(QUIET, throttling=Throttling(now=("throttled",), since_boot=("throttled",)))
    assert find_faults([QUIET, now], STEADY) == ["the firmware reported: throttled"]


def test_what_was_throttled_before_is_no_fault_and_what_came_meanwhile_is() -> None:
    early = replace(QUIET, throttling=Throttling(now=(), since_boot=("under-voltage",)))
    late = replace(QUIET, throttling=Throttling(now=(), since_boot=("under-voltage", "throttled")))
    assert find_faults([early, early], STEADY) == []
    assert find_faults([early, late], STEADY) == ["the firmware reported: throttled"]


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux counts its processors' time there")
def test_a_program_beside_us_is_seen() -> None:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        seen = observe()
    finally:
        process.kill()
        process.wait()
    assert seen.busy_cores is not None
    assert 0.5 < seen.busy_cores <= len(os.sched_getaffinity(0))
    assert observe(Path("/nonexistent")).busy_cores is None


def test_the_frequency_is_that_of_the_fastest_core(tmp_path: Path) -> None:
    assert read_frequency_mhz(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("cpu MHz\t\t: 1200.5\ncpu MHz\t\t: 2400.0\n")
    assert read_frequency_mhz(tmp_path) == 2400.0
    for core, khz in (("cpu0", "1500000"), ("cpu1", "1800000")):
        folder = tmp_path / "sys/devices/system/cpu" / core / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_cur_freq").write_text(f"{khz}\n")
    assert read_frequency_mhz(tmp_path) == 1800.0
