import os
from pathlib import Path

import pytest

from fakelens.train.audit.duplicates import digest_contents, link_groups


def test_only_files_of_equal_size_are_read(tmp_path: Path) -> None:
    for name, content in (("a", b"same"), ("b", b"same"), ("c", b"else"), ("d", b"longer")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "empty").touch()
    (tmp_path / "void").touch()
    names = ("a", "b", "c", "d", "empty", "void", "gone")
    digests = dict(zip(names, digest_contents([tmp_path / name for name in names]), strict=True))
    assert digests["a"] == digests["b"] != digests["c"] != ""
    assert [digests[name] for name in ("d", "empty", "void", "gone")] == [""] * 4


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"same")
    (tmp_path / "a").chmod(0)
    assert digest_contents([tmp_path / "a"])[0] == ""


def test_places_are_linked_through_others() -> None:
    groups = link_groups(["x", "y", "x", "z", ""], ["", "1", "1", "", ""])
    assert groups[0] == groups[1] == groups[2]
    assert len({groups[0], groups[3], groups[4]}) == 3


def test_a_word_links_only_within_its_kind() -> None:
    assert len(set(link_groups(["a", "b"], ["b", "a"]))) == 2
