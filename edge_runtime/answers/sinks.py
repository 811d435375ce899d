"""Output of results: text for people, JSON lines and CSV for programs. Each line is flushed at once."""

import json
import sys
from dataclasses import asdict
from typing import Protocol, TextIO

from fakelens.edge_runtime.answers.ink import Ink, choose_ink
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.statements import to_cell, to_rows, to_statements
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.escape import escape_line, is_text, percent_encode, quote_cell, to_text

encode_row = json.JSONEncoder(allow_nan=False).encode  # made once, not for each line
FIELDS = ("path", "verdict", "p_fake", "model", "ms", "error", "note", "reason", "evidence", "moments")


class Sink(Protocol):
    """Takes results one at a time."""

    def write(self, result: CheckedFile) -> None:
        """Write one result and flush it."""


class TextSink:
    """One aligned line a file; errors go to stderr."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._ink = stream, choose_ink(stream)

    def write(self, result: CheckedFile) -> None:
        """Write `FAKE   P(fake) 0.973  path`, and a line below it where the file says something of itself."""
        if result.verdict is None:
            report_error(result)
            return
        self._stream.write(write_line(result, self._ink) + "\n")
        if statements := to_statements(result.verdict).removesuffix("\n"):
            line = self._ink.dim(escape_line(statements))  # a file wrote them: no line is forged
            self._stream.write(line + "\n")
        self._stream.flush()


def write_line(result: CheckedFile, ink: Ink) -> str:
    """Return the answer on one file as one line: its verdict in colour, its name a link, where possible."""
    verdict = result.verdict
    assert verdict is not None
    notes = [result.note, verdict.reason.text if verdict.reason else None]
    remarks = "".join(f"  ({escape_line(note)})" for note in notes if note)
    label = ink.paint(f"{str(verdict.label).upper():<6}", verdict.label)
    return f"{label} P(fake) {verdict.p_fake:.3f}  {ink.link(result.path)}{remarks}"


def report_error(result: CheckedFile) -> None:
    """Write to stderr why a file has no answer."""
    line = escape_line(f"fakelens: {result.error}")
    print(line, file=sys.stderr, flush=True)  # noqa: T201 (a sink prints)


class JsonSink:
    """One JSON object a line and nothing else; a failed file has `verdict: null` and `error`.

    A name that is no text is percent-encoded, and `path_encoding` says so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, result: CheckedFile) -> None:
        """Write the fields that the result has, `verdict` always; the views and the grid of a heatmap too."""
        self._stream.write(encode_row(to_object(result)) + "\n")
        self._stream.flush()


class CsvSink:
    """A header, then one row a file; a failed file has no verdict and its error in a column of its own.

    P(fake) over time of a video is one cell, `SECONDS:P(FAKE)` for each picture, with blanks between.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        stream.write(",".join(FIELDS) + "\n")

    def write(self, result: CheckedFile) -> None:
        """Write one row."""
        verdict = result.verdict
        if verdict is None:
            row = f"{quote_cell(result.path)},,,,,{quote_cell(result.error)},,,,\n"
        else:  # not by way of a dictionary, which takes a part of the time of a tiny picture
            reason = "" if verdict.reason is None else verdict.reason
            evidence = quote_cell(to_cell(verdict.evidence)) if verdict.evidence else ""
            moments = " ".join(f"{moment.seconds:.3f}:{moment.p_fake:.6f}" for moment in result.moments)
            row = (
                f"{quote_cell(result.path)},{verdict.label},{round(verdict.p_fake, 6)},"
                f"{quote_cell(verdict.model)},{round(verdict.latency_ms, 3)},,{quote_cell(result.note)},"
                f"{reason},{evidence},{moments}\n"
            )
        self._stream.write(row)
        self._stream.flush()


def to_object(result: CheckedFile) -> dict[str, object]:
    """Return `result` as the object of its JSON line: the fields that it has, `verdict` always."""
    row: dict[str, object] = {**_to_row(result)}
    if result.moments:
        row["moments"] = [
            {"seconds": round(moment.seconds, 3), "p_fake": round(moment.p_fake, 6)}
            for moment in result.moments
        ]
    if not is_text(result.path):
        row |= {"path": percent_encode(result.path), "path_encoding": "percent"}
    row |= {name: to_text(text) for name in ("error", "note") if isinstance(text := row.get(name), str)}
    if result.verdict is not None and result.verdict.evidence is not None:
        row["pixels"] = result.verdict.pixels_label
        row["evidence"] = to_rows(result.verdict.evidence)
    if result.verdict is not None and result.verdict.views:
        row["views"] = {view.name: round(view.p_fake, 6) for view in result.verdict.views}
    if result.grid:
        row["grid"] = [asdict(region) | {"p_fake": round(region.p_fake, 4)} for region in result.grid]
    return {name: value for name, value in row.items() if value is not None or name == "verdict"}


def open_sink(output: Format, stream: TextIO) -> Sink:
    """Return the sink that writes `output` to `stream`."""
    sinks: dict[Format, type[TextSink] | type[JsonSink] | type[CsvSink]]
    sinks = {Format.TEXT: TextSink, Format.JSON: JsonSink, Format.CSV: CsvSink}
    return sinks[output](stream)


def _to_row(result: CheckedFile) -> dict[str, str | float | None]:
    verdict = result.verdict
    if verdict is None:
        return {"path": result.path, "verdict": None, "error": result.error}
    return {
        "path": result.path,
        "verdict": str(verdict.label),
        "p_fake": round(verdict.p_fake, 6),
        "model": verdict.model,
        "ms": round(verdict.latency_ms, 3),
        "note": result.note,
        "reason": None if verdict.reason is None else str(verdict.reason),
    }
