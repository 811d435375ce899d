"""The bytes of a file, read once."""

import os
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.pictures import contents
from fakelens.edge_runtime.pictures.contents import read_whole


def test_a_file_and_bytes_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert read_whole(path) == read_whole(b"abc") == b"abc"
    (tmp_path / "empty").touch()
    assert read_whole(tmp_path / "empty") == b""


def test_what_is_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_whole(tmp_path) is None
    assert read_whole(tmp_path / "missing") is None
    assert read_whole(Path("a\0b")) is None
    monkeypatch.setattr(contents, "_MOST_BYTES", 2)
    (tmp_path / "large").write_bytes(b"abc")
    assert read_whole(tmp_path / "large") is None


def test_a_check_opens_a_small_file_once(
    tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8), "white").save(picture)
    detector, opened = Detector(model_file), []
    plain = os.open

    def note(path: str, *rest: int) -> int:
        opened.append(path)
        return plain(path, *rest)

    monkeypatch.setattr(os, "open", note)
    monkeypatch.setattr("builtins.open", None)  # whoever else opens it fails
    monkeypatch.setattr(Path, "open", None)
    checked = detector.check_file(picture, "a.jpg")
    assert (checked.error, opened) == (None, [picture])
    assert checked.verdict is not None
    assert checked.verdict.evidence == ()
