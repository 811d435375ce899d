"""What no reader here looks into, though a file may say something of itself there."""

import io
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.files import is_file
from fakelens.edge_runtime.pictures.formats import HEAD_BYTES, Kind, sniff
from fakelens.edge_runtime.provenance.containers.parts import JXL_HEAD
from fakelens.edge_runtime.provenance.containers.reader import has_reader
from fakelens.edge_runtime.provenance.containers.window import Window
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

_NAMES = {b"\x1a\x45\xdf\xa3": "Matroska and WebM files", b"RIFF": "AVI files"}
_FORMS = {Kind.VIDEO: "such videos", Kind.RAW: "such raw files", Kind.RARE: "pictures of such a format"}


def find_unsearched(source: Path | bytes) -> tuple[Evidence, ...]:
    """Return a note on what of `source` is not searched; none where all that may speak is."""
    if isinstance(source, bytes):
        return _note(_name_unsearched(io.BytesIO(source)))
    if not is_file(source):  # a pipe would lose what is read
        return ()
    with source.open("rb") as stream:
        return _note(_name_unsearched(stream))


def note_undecoded() -> Evidence:
    """Return the note on a picture that does not decode: its pixels may be marked, and its end is missing."""
    return _note("marks in its pixels, and what may stand behind them: it does not decode")[0]


def _name_unsearched(stream: BinaryIO) -> str | None:
    head = stream.read(HEAD_BYTES)
    if head.startswith(JXL_HEAD):
        from fakelens.edge_runtime.provenance.containers.jxl import has_compressed_parts

        return "boxes that Brotli compressed" if has_compressed_parts(Window(stream)) else None
    kind = sniff(head)
    if kind is Kind.VIDEO and head[4:8] == b"ftyp":
        from fakelens.edge_runtime.provenance.containers.bmff import holds_only_sound

        return "it holds sound alone" if holds_only_sound(Window(stream)) else None
    if kind not in _FORMS or has_reader(head):
        return None
    return f"there is no reader here for {_NAMES.get(head[:4], _FORMS[kind])}"


def _note(text: str | None) -> tuple[Evidence, ...]:
    if text is None:
        return ()
    return (Evidence(source=Source.FILE, strength=Strength.NOTE, what=f"not searched: {text}"),)
