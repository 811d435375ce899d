"""Where results go: text for people, JSON lines and CSV for programs. Each line is flushed at once."""

import csv
import json
import sys
from dataclasses import asdict
from typing import Protocol, TextIO

from fakelens.edge_runtime.detector import CheckedFile
from fakelens.edge_runtime.strenum import StrEnum

FIELDS = ("path", "verdict", "p_fake", "model", "ms", "error", "reason")


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class Sink(Protocol):
    """Takes results one at a time."""

    def write(self, result: CheckedFile) -> None:
        """Write one result and flush it."""


class TextSink:
    """One aligned line a file; errors go to stderr."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, result: CheckedFile) -> None:
        """Write `FAKE   P(fake) 0.973  path`, and in brackets why there was nothing left to see."""
        if result.verdict is None:
            print(f"fakelens: {result.error}", file=sys.stderr, flush=True)  # noqa: T201 (a sink prints)
            return
        label = str(result.verdict.label).upper()
        reason = f"  ({result.verdict.reason.text})" if result.verdict.reason else ""
        self._stream.write(f"{label:<6} P(fake) {result.verdict.p_fake:.3f}  {result.path}{reason}\n")
        self._stream.flush()


class JsonSink:
    """One JSON object a line and nothing else; a failed file has `verdict: null` and `error`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, result: CheckedFile) -> None:
        """Write the fields that the result has, `verdict` always; the views and the grid of a heatmap too."""
        row: dict[str, object] = {**_to_row(result)}
        if result.verdict is not None and result.verdict.views:
            row["views"] = {view.name: round(view.p_fake, 6) for view in result.verdict.views}
        if result.grid:
            row["grid"] = [asdict(region) | {"p_fake": round(region.p_fake, 4)} for region in result.grid]
        self._stream.write(
            json.dumps({k: v for k, v in row.items() if v is not None or k == "verdict"}) + "\n"
        )
        self._stream.flush()


class CsvSink:
    """A header, then one row a file; a failed file has no verdict and its error in the last column."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        self._writer.writeheader()

    def write(self, result: CheckedFile) -> None:
        """Write one row."""
        self._writer.writerow(_to_row(result))
        self._stream.flush()


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
        "reason": None if verdict.reason is None else str(verdict.reason),
    }
