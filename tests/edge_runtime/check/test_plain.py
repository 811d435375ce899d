"""The short way to a check says what the parser's way says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.edge_runtime.check.plain import PlainCheck, read_plain
from tests.conftest import Fakelens


def test_names_json_and_model_are_all_that_it_takes() -> None:
    assert read_plain(["a.jpg", "--json", "-", "--model", "photo", "b/"]) == PlainCheck(
        names=("a.jpg", "-", "b/"), model="photo", json=True
    )
    assert read_plain([""]) == PlainCheck(names=("",))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--json",
        "--help",
        "a.jpg --csv",
        "a.jpg -q",
        "a.jpg --model",
        "a.jpg --model --json",
        "a.jpg --model=photo",
        "--model photo a.jpg --model cifake-1m",
        "-- a.jpg",
        "a.jpg --jso",
    ],
)
def test_all_else_is_left_to_the_parser(line: str) -> None:
    assert read_plain(line.split()) is None


def test_both_ways_say_the_same(
    fakelens: Fakelens, tmp_path: Path, model_file: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    save_grey(tmp_path / "photos" / "a b.png", 40)
    save_grey(tmp_path / "photos" / "c.png", 220)
    (tmp_path / "photos" / "text.jpg").write_text("no image")
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    for words in (
        ["photos/a b.png"],
        ["photos/a b.png", "--json"],
        ["photos", "photos/gone.png"],
        ["--json", "photos", "photos/text.jpg"],
        ["photos/*.png"],
        ["photos/*.gif"],
        [""],
        ["https://example.org/a.png"],
    ):
        words = [*words, "--model", str(model_file)]
        short = fakelens("check", *words, cwd=tmp_path)
        parsed = fakelens("check", *words, "--max-megapixels", "128", cwd=tmp_path)
        assert [short.returncode, short.stderr, _without_ms(short.stdout)] == [
            parsed.returncode,
            parsed.stderr,
            _without_ms(parsed.stdout),
        ]


def _without_ms(output: str) -> str:
    return re.sub(r'"ms": [\d.]+', '"ms": 0', output)
