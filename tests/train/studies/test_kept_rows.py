from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.studies.kept_rows import open_rows


def test_rows_of_the_same_settings_are_found_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    open_rows(file, {"data": "a"}).add("first", {"auc": 0.5})
    open_rows(file, {"data": "b"}).add("first", {"auc": 0.6})
    rows = open_rows(file, {"data": "a"})
    assert rows.find("first") == {"auc": 0.5}
    assert rows.find("second") is None
    assert open_rows(file, {"data": "c"}).find("first") is None


def test_a_line_that_a_kill_cut_is_no_row_and_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = open_rows(file, {})
    rows.add("first", {"auc": 0.5})
    rows.add("second", {"auc": 0.6})
    file.write_text(file.read_text()[:-20])
    assert rows.find("second") is None
    rows.add("third", {"auc": 0.7})
    assert (rows.find("first"), rows.find("third")) == ({"auc": 0.5}, {"auc": 0.7})


def test_nothing_is_kept_without_a_file() -> None:
    rows = open_rows(None, {})
    rows.add("first", {"auc": 0.5})
    assert rows.find("first") is None


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text('{"mine": {}}\n')
    for name, message in (("notes.txt", "holds no rows"), (".", "holds no rows"), ("no/rows", "no folder")):
        with pytest.raises(UsageError, match=message):
            open_rows(tmp_path / name, {})
    assert (tmp_path / "notes.txt").read_text() == '{"mine": {}}\n'
