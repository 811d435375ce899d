"""Peak memory of checks: measured in processes of their own, printed from the file that is kept."""

import sys
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.check_memory import (
    format_memory,
    make_folders,
    measure_memory,
    read_report,
)
from fakelens.edge_runtime.errors import UsageError

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_larger_photo_takes_more_and_a_check_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    small = make_folders(tmp_path / "small", 1, 64, 64)["baseline"]
    large = make_folders(tmp_path, 1, 4000, 3000)["progressive"]
    peaks = [
        measure_memory("cifake-quick", "any", folder, [1], 1).peaks_bytes["1"] for folder in (small, large)
    ]
    assert 30e6 < peaks[0] < 200e6
    assert peaks[1] - peaks[0] > 4 * 12e6  # of a pixel, as Pillow keeps it
    (small / "1.jpg").write_text("no image")
    with pytest.raises(UsageError, match=r"fakelens check ended with 2: "):
        measure_memory("cifake-quick", "any", small, [1], 1)


def test_the_documents_hold_the_table_of_the_file_that_is_kept() -> None:
    report = read_report(ROOT / "benchmarks/results/check_memory.json")
    text = (ROOT / "docs/results.md").read_text()
    assert format_memory(report) in text
    assert report.host.partition(",")[0] in text


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"results": []}')
    with pytest.raises(UsageError, match=r"other\.json: not what --json of this study writes"):
        read_report(tmp_path / "other.json")
