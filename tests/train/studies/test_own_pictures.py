from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.start_weights import start_weights
from fakelens.train.studies.own_pictures import own_pictures


def test_the_table_shows_before_and_after(
    tmp_path: Path, data: Path, finished_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_weights(finished_run, tmp_path / "a.npz")
    capsys.readouterr()
    settings = ["fit.epochs=1", "data.histories=1", "data.size=16", "data.validation=0.2"]
    given = {"seeds": 1, "setting": settings, "keep": tmp_path / "rows.jsonl"}
    own_pictures(data, str(tmp_path / "a.npz"), "12", **given)
    lines = capsys.readouterr().out.splitlines()
    own_pictures(data, str(tmp_path / "a.npz"), "12", **given)
    assert capsys.readouterr().out.splitlines() == lines  # read from the file
    assert lines[0].startswith("| pictures (real + fake) | seed | AUC before | AUC after |")
    assert lines[2].startswith("| 12 + 12 | 0 | ")
    assert lines[2].count("[") == 2
    with pytest.raises(ConfigError, match="nothing to start from"):
        own_pictures(data, "gone")
