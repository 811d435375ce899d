"""A batch answers every file that can be read and counts the others."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import open_sink
from fakelens.edge_runtime.check.batch import check_batch
from fakelens.edge_runtime.check.listing import list_statements
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures import decode_memory


@pytest.fixture
def photos(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    for number, level in enumerate((10, 20, 128, 200, 210, 220)):
        save_grey(tmp_path / "photos" / f"{number}.png", level)
    (tmp_path / "photos" / "3b.png").write_text("no image")
    return tmp_path / "photos"


def test_every_file_reaches_every_sink_in_order(model_file: Path, photos: Path) -> None:
    text, rows = io.StringIO(), io.StringIO()
    sinks = open_sink(Format.CSV, rows), open_sink(Format.JSON, text)
    result = check_batch(Detector(model_file), [str(photos)], *sinks)
    assert result.counts == {Label.REAL: 2, Label.UNSURE: 1, Label.FAKE: 3}
    assert (result.errors, result.files) == (1, 7)
    names = [Path(row.split(",")[0]).name for row in rows.getvalue().splitlines()[1:]]
    assert names == ["0.png", "1.png", "2.png", "3.png", "3b.png", "4.png", "5.png"]
    assert len(text.getvalue().splitlines()) == 7


def test_the_largest_reduction_is_told(model_file: Path, photos: Path) -> None:
    detector = Detector(model_file)
    assert check_batch(detector, [str(photos)]).most_reduced == 1.0
    Image.new("RGB", (24, 56)).save(photos / "1 large.png")
    assert check_batch(detector, [str(photos)]).most_reduced == 7.0


def test_a_name_that_stands_for_nothing_is_a_row_beside_those_that_are_checked(
    model_file: Path, photos: Path
) -> None:
    stream, empty = io.StringIO(), photos / "empty"
    empty.mkdir()
    names = [f"{photos}/*.webp", f"{photos}/0.png", str(empty), "https://example.org/a b.png"]
    result = check_batch(Detector(model_file), names, open_sink(Format.JSON, stream))
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [row["path"] for row in rows] == names
    assert rows[0]["error"] == f"{photos}/*.webp: no such file, and the pattern matches none"
    assert rows[1]["verdict"] == "real"
    assert rows[2]["error"] == f"{empty}: is a folder without images"
    assert rows[3]["error"].endswith("curl -L 'https://example.org/a b.png' | fakelens check -")
    assert (result.files, result.errors) == (4, 3)


@pytest.mark.skipif(os.name != "posix", reason="needs a device without end")
def test_more_on_stdin_than_a_picture_has_is_said(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_memory, "_MOST_AT_ONCE_BYTES", 10_000_000)
    stream = io.StringIO()
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr("sys.stdin", endless)
        check_batch(Detector(model_file), ["-"], open_sink(Format.JSON, stream))
        list_statements(["-"], Format.JSON, stream)
    errors = [json.loads(line)["error"] for line in stream.getvalue().splitlines()]
    assert len(errors) == 2
    assert all(error.startswith("stdin: has 0.0 GB, which would be read at once") for error in errors)


def test_nothing_is_checked_where_no_name_stands_for_anything(model_file: Path, photos: Path) -> None:
    stream = io.StringIO()
    with pytest.raises(UsageError, match="matches no file"):
        check_batch(Detector(model_file), [f"{photos}/*.webp"], open_sink(Format.JSON, stream))
    assert stream.getvalue() == ""
