"""A few of the kills of `make fuzz`."""

from pathlib import Path

import pytest

from tests.fuzz.kills import COMMANDS, kill_at_random, list_broken


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_no_half_file(name: str) -> None:
    kills = kill_at_random(name, 3)
    assert kills.failures == []
    assert kills.tries == 3


def test_a_half_file_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "change.png").write_bytes(b"\x89PNG half")
    (tmp_path / "page.html").write_text("<!doctype html> half")
    (tmp_path / ".change.png.abc").write_bytes(b"not under its final name")
    assert len(list_broken(tmp_path)) == 2
