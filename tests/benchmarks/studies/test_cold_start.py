"""Cold starts: every way gives an answer in a process of its own."""

import os

import pytest

from fakelens.benchmarks.studies.cold_start import measure_cold_start


@pytest.mark.skipif(os.name != "posix", reason="waits for processes as POSIX does")
def test_each_way_is_started_beside_the_bare_script() -> None:
    bare, detector, check = measure_cold_start("cifake-quick", 1)
    assert (bare.cpu_ratio, bare.wall_ratio) == (1, 1)
    for way in (detector, check):
        assert way.cpu_ratio == pytest.approx(way.cpu_s / bare.cpu_s)
        assert 0.5 < way.cpu_ratio < 10
