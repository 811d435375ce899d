"""Output has the documented fields, one result a line, at once."""

import csv
import io
import json
import os
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest

from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import FIELDS, open_sink
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.pictures.video.still import Moment

GOOD = CheckedFile(
    path='odd "name",\nä.png',
    verdict=Verdict(label=Label.FAKE, p_fake=0.97312345678, model="m", latency_ms=1.23456),
)
BAD = CheckedFile(path="bad.png", error="bad.png: the file is empty")


def write(output: Format) -> str:
    stream = io.StringIO()
    sink = open_sink(output, stream)
    for result in (GOOD, BAD):
        sink.write(result)
    return stream.getvalue()


def test_json_is_one_object_a_line_with_the_documented_fields() -> None:
    good, bad = (json.loads(line) for line in write(Format.JSON).splitlines())
    assert good == {"path": GOOD.path, "verdict": "fake", "p_fake": 0.973123, "model": "m", "ms": 1.235}
    assert bad == {"path": "bad.png", "verdict": None, "error": BAD.error}


def test_csv_has_a_header_and_a_row_a_file() -> None:
    header, good, bad = csv.reader(io.StringIO(write(Format.CSV)))
    assert tuple(header) == FIELDS
    assert good == [GOOD.path, "fake", "0.973123", "m", "1.235", "", "", "", "", ""]
    assert bad == ["bad.png", "", "", "", "", BAD.error, "", "", "", ""]


def test_csv_has_the_course_of_a_video_in_one_cell() -> None:
    stream = io.StringIO()
    moments = (Moment(seconds=0.0, p_fake=0.25), Moment(seconds=1.5, p_fake=0.9123456789))
    open_sink(Format.CSV, stream).write(replace(GOOD, moments=moments))
    header, row = csv.reader(io.StringIO(stream.getvalue()))
    assert dict(zip(header, row, strict=True))["moments"] == "0.000:0.250000 1.500:0.912346"


def test_text_is_for_people_and_its_errors_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert write(Format.TEXT) == 'FAKE   P(fake) 0.973  odd "name",\\nä.png\n'
    assert capsys.readouterr() == ("", "fakelens: bad.png: the file is empty\n")


@pytest.mark.parametrize("output", Format)
def test_each_result_is_flushed_at_once(output: Format) -> None:
    raw = io.BytesIO()
    sink = open_sink(output, io.TextIOWrapper(io.BufferedWriter(raw), write_through=False))
    sink.write(GOOD)
    assert b"fake" in raw.getvalue().lower()


def name_file(name: str, error: str | None = None, note: str | None = None) -> CheckedFile:
    return CheckedFile(path=name, verdict=None if error else GOOD.verdict, error=error, note=note)


def write_one(output: Format, result: CheckedFile) -> str:
    stream = io.StringIO()
    open_sink(output, stream).write(result)
    return stream.getvalue()


def test_no_name_forges_a_line_or_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\nFAKE   P(fake) 0.999  b\x1b[2K\r\u202e.png"
    line = write_one(Format.TEXT, name_file(name))
    assert line.count("\n") == 1
    assert line.isprintable() or line[:-1].isprintable()
    assert r"a\nFAKE" in line
    assert r"\x1b[2K\r\u202e" in line
    write_one(Format.TEXT, name_file(name, error=f"{name}: the file is empty"))
    assert capsys.readouterr().err[:-1].isprintable()


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png"])
def test_no_name_is_a_formula_for_a_spreadsheet(name: str) -> None:
    _, row = csv.reader(io.StringIO(write_one(Format.CSV, name_file(name))))
    assert row[0] == f"'{name}"


def test_a_carriage_return_is_quoted() -> None:
    rows = write_one(Format.CSV, name_file("a\rb.png"))
    assert rows.splitlines(keepends=False)[1].startswith('"a')
    assert [row[0] for row in csv.reader(io.StringIO(rows, newline=""))][1] == "a\rb.png"


def test_a_name_that_is_no_text_is_percent_encoded_and_said_so() -> None:
    name = os.fsdecode(b"sh\xf6n 100%.png")
    row = json.loads(write_one(Format.JSON, name_file(name, note=f"{name}: a note")))
    assert row["path_encoding"] == "percent"
    assert unquote_to_bytes(row["path"]) == os.fsencode(name)
    json.dumps(row).encode("utf-8", "strict")
    assert "path_encoding" not in json.loads(write_one(Format.JSON, name_file("schön 100%.png")))


def test_a_note_is_in_every_form() -> None:
    result = name_file("a.jpg", note="the end of the file is missing")
    assert write_one(Format.TEXT, result).endswith("a.jpg  (the end of the file is missing)\n")
    assert json.loads(write_one(Format.JSON, result))["note"] == result.note
    assert write_one(Format.CSV, result).splitlines()[1].endswith(",the end of the file is missing,,,")
