"""What files, folders and patterns stand for."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.sources import find_images, walk_images


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        ".hidden.png",
        "deep/er/c.webp",
        "deep/d.tiff",
        ".cache/thumb.png",
        "set[1].png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(*names: str) -> list[str]:
    return [path.as_posix() for path in find_images(names)]


def test_a_folder_stands_for_all_images_below_it_sorted_without_hidden_ones(tree: Path) -> None:
    everything = ["a.png", "b.JPG", "deep/d.tiff", "deep/er/c.webp", "set[1].png"]
    assert find(".") == everything
    assert find(str(tree)) == [f"{tree.as_posix()}/{name}" for name in everything]
    assert [path.name for path in walk_images(tree / "deep")] == ["d.tiff", "c.webp"]


def test_a_folder_below_a_hidden_one_may_be_named(tree: Path) -> None:
    assert find(f"{tree}/.cache") == [f"{tree.as_posix()}/.cache/thumb.png"]


@pytest.mark.usefixtures("tree")
def test_a_named_file_counts_whatever_its_suffix_and_even_if_missing() -> None:
    assert find("notes.txt", "missing.png") == ["notes.txt", "missing.png"]


@pytest.mark.usefixtures("tree")
def test_order_is_that_of_the_command_line_each_file_once() -> None:
    assert find("deep", "a.png", ".", "a.png")[:4] == ["deep/d.tiff", "deep/er/c.webp", "a.png", "b.JPG"]
    assert len(find("deep", "a.png", ".", "a.png")) == 5


def test_patterns_follow_the_shells_rules(tree: Path) -> None:
    assert find("*.png") == ["a.png", "set[1].png"]  # neither hidden files nor folders
    assert find("?.*") == ["a.png", "b.JPG"]
    assert find("**/*.webp") == ["deep/er/c.webp"]
    assert find("deep/**.tiff") == ["deep/d.tiff"]
    assert find(f"{tree}/[ab].*") == [f"{tree.as_posix()}/a.png", f"{tree.as_posix()}/b.JPG"]


@pytest.mark.usefixtures("tree")
def test_a_file_whose_name_looks_like_a_pattern_is_that_file() -> None:
    assert find("set[1].png") == ["set[1].png"]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("name", "reason"), [("empty", "no images in this folder"), ("*.xyz", "matches no file")]
)
def test_nothing_found_is_a_usage_error(name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        find("a.png", name)
