"""Damaged files never raise; 20,000 of them by the command itself."""

from pathlib import Path

import pytest

from fakelens.benchmarks.studies.hostile_files import ask_damaged, hostile, make_seeds, read_seeds
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.provenance.evidence import declares_generated
from fakelens.edge_runtime.provenance.inspection import Inspection


def test_the_files_to_damage_say_something() -> None:
    evidence = [Inspection(seed).conclude() for seed in make_seeds()]
    assert all(evidence)
    assert sum(map(declares_generated, evidence)) >= 5


def test_some_hundred_damaged_files_go_well_and_the_same_each_time() -> None:
    first, second = (ask_damaged(make_seeds(), 400, 7) for _ in range(2))
    assert first.files == 400
    assert 100 < first.speaking == second.speaking < 400


def test_bounds_are_gates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(make_seeds()[0])
    assert read_seeds([tmp_path]) == read_seeds([tmp_path / "a.png"]) == [make_seeds()[0]]
    hostile([tmp_path], count=20)
    assert capsys.readouterr().out.startswith("20 damaged files: none raised")
    with pytest.raises(GateError, match="the slowest took"):
        hostile([tmp_path], count=20, max_seconds=0)
    with pytest.raises(UsageError, match="no such file"):
        hostile([tmp_path / "missing"])
