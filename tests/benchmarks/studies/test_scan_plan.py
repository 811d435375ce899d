"""The simulation of a large scan loses and doubles nothing, says so, and goes on where it was stopped."""

from pathlib import Path

from fakelens.benchmarks.studies.scan_plan import simulate


def test_killed_shards_merge_to_every_line_once(tmp_path: Path) -> None:
    found = simulate(tmp_path / "new", lines=3000, shards=2, kills=1)
    assert (found.lines, found.lost, found.doubled, found.kills) == (3000, 0, 0, 2)
    part = next((tmp_path / "new/merged").glob("part-*.jsonl"))
    lines = part.read_text().splitlines(keepends=True)
    part.write_text("".join([*lines[1:], lines[1]]))  # one lost, one doubled
    again = simulate(tmp_path / "new", lines=3000, shards=2, kills=1)
    assert (again.lost, again.doubled, again.kills) == (1, 1, 2)
    assert again.cpu_s > found.cpu_s
    part.write_text("".join(lines[1:]))
    assert simulate(tmp_path / "new", lines=3000, shards=2, kills=1).lost == 1
