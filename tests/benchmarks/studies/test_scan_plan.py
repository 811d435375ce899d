"""The simulation of a large scan loses and doubles nothing, and would say so."""

from pathlib import Path

from fakelens.benchmarks.studies.scan_plan import simulate


def test_killed_shards_merge_to_every_line_once(tmp_path: Path) -> None:
    found = simulate(tmp_path, lines=3000, shards=2, kills=1)
    assert (found.lines, found.lost, found.doubled) == (3000, 0, 0)
