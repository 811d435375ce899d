from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.staging import check_output, stage_folder


def test_the_folder_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), stage_folder(tmp_path / "out") as staging:
        staging.write_text("a folder takes no text")
    assert list(tmp_path.iterdir()) == []
    with stage_folder(tmp_path / "out") as staging:
        (staging / "whole").touch()
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "whole"]


def test_only_a_new_or_empty_folder_is_taken(tmp_path: Path) -> None:
    check_output(tmp_path / "new", "-o")
    check_output(tmp_path, "-o")
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(UsageError, match="give another -o"):
            check_output(taken, "-o")
