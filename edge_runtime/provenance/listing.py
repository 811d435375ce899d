"""Only what files say of themselves, no model: `fakelens check --evidence-only`."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.evidence import NO_STATEMENT, Evidence, declares_generated
from fakelens.edge_runtime.output_format import Format
from fakelens.edge_runtime.preprocess import load_image
from fakelens.edge_runtime.provenance import png
from fakelens.edge_runtime.provenance.fusion import Inspection
from fakelens.edge_runtime.provenance.rendering import to_cell, to_rows
from fakelens.edge_runtime.sources import find_images

STDIN = "-"
_LOSSLESS_HEADS = (png.SIGNATURE, b"RIFF")  # only there are pixels decoded, for the marks in them


@dataclass(frozen=True, kw_only=True)
class ListingResult:
    """What a run over files came to."""

    declared: int = 0  # files that declare a generator
    errors: int = 0


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

    Raises `UsageError` where a folder or pattern holds no image.
    """
    paths = find_images(name for name in names if name != STDIN)
    writer = csv.writer(stream, lineterminator="\n")
    if output is Format.CSV:
        writer.writerow(("path", "verdict", "error", "evidence"))
    declared = errors = 0
    for found in _ask_all(paths, read_stdin=STDIN in names):
        declared += found.verdict is not None
        errors += found.error is not None
        if output is Format.CSV:
            cell = to_cell(found.evidence)
            writer.writerow((found.path, found.verdict or "", found.error or "", cell))
        elif output is Format.JSON:
            stream.write(json.dumps(_to_object(found)) + "\n")
        elif found.error is not None:
            print(f"fakelens: {found.error}", file=sys.stderr, flush=True)  # noqa: T201 (it writes for people)
        else:
            stream.write(_to_text(found))
        stream.flush()
    return ListingResult(declared=declared, errors=errors)


def _ask_all(paths: list[Path], *, read_stdin: bool) -> Iterator[_Statements]:
    if read_stdin:
        yield _ask(sys.stdin.buffer.read(), STDIN)
    for path in paths:
        yield _ask(path, str(path))


def _ask(source: Path | bytes, name: str) -> _Statements:
    inspection = Inspection(source)
    try:
        if _read_head(source).startswith(_LOSSLESS_HEADS):
            load_image(source, inspection.see)
    except ImageError:
        pass  # its text may be whole all the same
    except OSError as error:
        return _Statements(path=name, error=f"{name}: cannot be read ({error.strerror})")
    return _Statements(path=name, evidence=inspection.conclude())


def _read_head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:16]
    with source.open("rb") as file:
        return file.read(16)


def _to_object(found: _Statements) -> dict[str, object]:
    row: dict[str, object] = {"path": found.path, "verdict": found.verdict}
    return row | ({"error": found.error} if found.error else {"evidence": to_rows(found.evidence)})


def _to_text(found: _Statements) -> str:
    lines = [f"{(found.verdict or '-').upper():<6} {found.path}"]
    lines += [f"       {item.to_line()}" for item in found.evidence] or [f"       {NO_STATEMENT}"]
    return "\n".join(lines) + "\n"
