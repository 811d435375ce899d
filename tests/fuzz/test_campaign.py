"""The part of the campaign that every run of the tests repeats."""

from pathlib import Path

import numpy as np
import pytest

from tests.fuzz import collections
from tests.fuzz.campaign import main
from tests.fuzz.damaged import try_damaged
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import make_images


@pytest.mark.parametrize(("kind", "tries"), [("images", 2000), ("models", 300), ("graphs", 300)])
def test_every_damaged_file_ends_in_an_answer_or_one_line(kind: str, tries: int) -> None:
    tally = try_damaged(kind, tries)
    assert tally.failures == []
    assert tally.tries == tries
    assert tally.answered + tally.refused == tries
    assert tally.refused > tries // 10


def test_the_same_numbers_make_the_same_damage() -> None:
    for seed in make_images():
        first, second = (mutate(seed.content, np.random.default_rng(3)) for _ in range(2))
        assert first == second


def test_a_stopped_campaign_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, state = tmp_path / "page.md", tmp_path / "state.json"
    page.write_text("before\n<!-- made by make fuzz -->\nold\n<!-- end -->\nafter\n")
    kept = ["--page", str(page), "--state", str(state)]
    assert main(["3", "0", "0", *kept]) == 0
    assert main(["5", "2", "0", *kept]) == 0
    assert main(["9", "9", "0", *kept, "--minutes", "0"]) == 0
    text = page.read_text()
    assert "| damaged images | 5 |" in text
    assert "| damaged models | 2 |" in text
    assert "old" not in text
    assert text.endswith("<!-- end -->\nafter\n")
    assert "| damaged graphs | 2 |" in capsys.readouterr().out


def test_each_file_of_a_collection_is_counted_once(tmp_path: Path) -> None:
    folder, page = tmp_path / "made", tmp_path / "page.md"
    folder.mkdir()
    for number, seed in enumerate(make_images()[:2]):
        (folder / str(number)).write_bytes(seed.content)
    (folder / "notes.txt").write_text("no picture")
    page.write_text("<!-- made by python -m tests.fuzz.collections -->\n<!-- end -->\nafter\n")
    command = [str(folder), "--state", str(tmp_path / "state.jsonl"), "--page", str(page)]
    assert collections.main(command) == 0
    assert "| made | 3 | 2 | 1 | 0 |" in page.read_text()
    (folder / "empty.jpg").write_bytes(b"")
    assert collections.main(command) == 0
    assert "| made | 4 | 2 | 2 | 0 |" in page.read_text()
    assert page.read_text().endswith("<!-- end -->\nafter\n")
    assert len((tmp_path / "state.jsonl").read_text().splitlines()) == 5  # the first is of the code
