"""Only what files say of themselves, no model: `fakelens check --evidence-only`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.statements import to_cell, to_rows
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.escape import escape_line, is_text, percent_encode, quote_cell, to_text
from fakelens.edge_runtime.pictures.contents import read_stream, read_whole
from fakelens.edge_runtime.pictures.formats import HEAD_BYTES, Kind, sniff
from fakelens.edge_runtime.pictures.preprocess import MAX_MEGAPIXELS, DecodeConfig, decode_image
from fakelens.edge_runtime.pictures.refusal import explain
from fakelens.edge_runtime.pictures.sources import Found, LeftOut, explain_address, find_inputs
from fakelens.edge_runtime.provenance.containers.parts import PNG_HEAD
from fakelens.edge_runtime.provenance.evidence import NO_STATEMENT, Evidence, declares_generated
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.provenance.unsearched import note_undecoded

STDIN = "-"
_LOSSLESS_HEADS = (PNG_HEAD, b"RIFF")  # only there are pixels decoded, for the marks in them


@dataclass(frozen=True, kw_only=True)
class ListingResult:
    """What a run over files came to."""

    files: int = 0
    declared: int = 0  # that declare a generator
    errors: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)  # of the folders


@dataclass(frozen=True, kw_only=True)
class _Statements:
    path: str
    evidence: tuple[Evidence, ...] = ()
    error: str | None = None

    @property
    def verdict(self) -> str | None:
        """`fake` where the file declares a generator; nothing else is decided without pixels."""
        return "fake" if declares_generated(self.evidence) else None


def list_statements(names: list[str], output: Format, stream: TextIO) -> ListingResult:
    """Write what the files that `names` stand for say of themselves to `stream`, a file at a time.

    Raises `UsageError` where none of them holds anything to look at.
    """
    read_stdin = STDIN in names
    inputs = find_inputs((name for name in names if name != STDIN), decoded=False, others=read_stdin)
    if output is Format.CSV:
        stream.write("path,verdict,error,evidence\n")
    files = declared = errors = 0
    for found in _ask_all(inputs, read_stdin=read_stdin):
        files += 1
        declared += found.verdict is not None
        errors += found.error is not None
        if output is Format.CSV:
            cells = (found.path, found.verdict, found.error, to_cell(found.evidence))
            stream.write(",".join(map(quote_cell, cells)) + "\n")
        elif output is Format.JSON:
            stream.write(json.dumps(_to_object(found)) + "\n")
        elif found.error is not None:
            print(f"fakelens: {escape_line(found.error)}", file=sys.stderr, flush=True)  # noqa: T201 (it writes for people)
        else:
            stream.write(_to_text(found))
        stream.flush()
    return ListingResult(files=files, declared=declared, errors=errors, left_out=inputs.left_out)


def summarize_listing(result: ListingResult) -> str:
    """Return `result` as one JSON object on one line, with the one key `summary`."""
    counts = {"files": result.files, "fake": result.declared, "errors": result.errors}
    return json.dumps({"summary": {**counts, "left_out": result.left_out.to_row()}})


def _ask_all(inputs: Found, *, read_stdin: bool) -> Iterator[_Statements]:
    if read_stdin:
        yield _ask_stdin()
    for path in inputs.paths:
        if (address := inputs.addresses.get(path)) is not None:
            yield _Statements(path=address, error=explain_address(address))
        else:
            yield _ask(path, str(path))


def _ask_stdin() -> _Statements:
    try:
        return _ask(read_stream(sys.stdin.buffer), STDIN)
    except ImageError as error:
        return _Statements(path=STDIN, error=f"stdin: {error}")


def _ask(source: Path | bytes, name: str) -> _Statements:
    try:
        content = read_whole(source)
    except ImageError as error:
        return _Statements(path=name, error=str(error))
    inspection = Inspection(source, content)
    undecoded: tuple[Evidence, ...] = ()
    try:
        head = _read_head(source) if content is None else content[:HEAD_BYTES]
        if (kind := sniff(head)) in (Kind.OTHER, Kind.EMPTY):
            reason = "empty" if kind is Kind.EMPTY else "not an image"
            return _Statements(path=name, error=f"{name}: {reason}, so it says nothing of one")
        if kind is Kind.IMAGE and head.startswith(_LOSSLESS_HEADS):
            decode_image(source, DecodeConfig(strict=False), content, inspection.see)
    except ImageError:
        undecoded = (note_undecoded(),)  # its text may be whole all the same
    except OSError as error:
        return _Statements(path=name, error=str(explain(source, error, MAX_MEGAPIXELS)))
    return _Statements(path=name, evidence=(*inspection.conclude(), *undecoded))


def _read_head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD_BYTES]
    with source.open("rb") as file:
        return file.read(HEAD_BYTES)


def _to_object(found: _Statements) -> dict[str, object]:
    row: dict[str, object] = {"path": found.path, "verdict": found.verdict}
    if not is_text(found.path):
        row |= {"path": percent_encode(found.path), "path_encoding": "percent"}
    return row | ({"error": to_text(found.error)} if found.error else {"evidence": to_rows(found.evidence)})


def _to_text(found: _Statements) -> str:
    lines = [f"{(found.verdict or '-').upper():<6} {escape_line(found.path)}"]
    lines += [f"       {item.to_line()}" for item in found.evidence] or [f"       {NO_STATEMENT}"]
    return "\n".join(lines) + "\n"
