"""A scan is timed beside a check on the same files, and a command that fails is named."""

from pathlib import Path

import pytest

from fakelens.benchmarks.studies.scan_speed import measure_scan
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import UsageError


def test_both_are_timed_on_the_same_pictures(tmp_path: Path) -> None:
    make_pictures(tmp_path, 4, 32, 32)
    found = measure_scan(tmp_path, "cifake-quick", rounds=1, threads=1)
    assert (found.images, found.ratio) == (4, pytest.approx(found.scan_per_s / found.check_per_s))
    assert found.cpu_ratio > 0
    (tmp_path / "5.jpg").write_text("no image")
    with pytest.raises(UsageError, match=r"fakelens scan ended with 2: .*have no verdict"):
        measure_scan(tmp_path, "cifake-quick", rounds=1, threads=1)
