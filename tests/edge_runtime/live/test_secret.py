"""A secret stands in a file or on the command line."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.live.secret import read_secret


def test_a_value_is_itself_and_a_file_gives_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "mqtt"
    path.write_text("mqtt://user:password@broker/home\nmore\n")
    assert read_secret(f"@{path}") == "mqtt://user:password@broker/home"
    assert read_secret("plain") == "plain"


def test_a_file_that_gives_nothing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_secret(f"@{tmp_path / 'missing'}")
    (tmp_path / "empty").touch()
    with pytest.raises(UsageError, match="first line is empty"):
        read_secret(f"@{tmp_path / 'empty'}")
