"""What programs and people read: documented fields, one result a line, at once."""

import csv
import io
import json

import pytest

from fakelens.edge_runtime.detector import CheckedFile
from fakelens.edge_runtime.sinks import FIELDS, Format, open_sink
from fakelens.edge_runtime.verdict import Label, Verdict

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
    assert good == [GOOD.path, "fake", "0.973123", "m", "1.235", "", ""]
    assert bad == ["bad.png", "", "", "", "", BAD.error, ""]


def test_text_is_for_people_and_its_errors_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert write(Format.TEXT) == f"FAKE   P(fake) 0.973  {GOOD.path}\n"
    assert capsys.readouterr() == ("", "fakelens: bad.png: the file is empty\n")


@pytest.mark.parametrize("output", Format)
def test_each_result_is_flushed_at_once(output: Format) -> None:
    raw = io.BytesIO()
    sink = open_sink(output, io.TextIOWrapper(io.BufferedWriter(raw), write_through=False))
    sink.write(GOOD)
    assert b"fake" in raw.getvalue().lower()
