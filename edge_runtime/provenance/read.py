"""From an image file to all that it says of itself."""

import io
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.provenance.c2pa import read_c2pa
from fakelens.edge_runtime.provenance.containers import read_parts
from fakelens.edge_runtime.provenance.evidence import Evidence, Source
from fakelens.edge_runtime.provenance.exif import judge_tags, read_exif
from fakelens.edge_runtime.provenance.iptc import read_iptc
from fakelens.edge_runtime.provenance.labels import judge_samsung_trailer
from fakelens.edge_runtime.provenance.parts import Part, PartKind
from fakelens.edge_runtime.provenance.signature import add_signature
from fakelens.edge_runtime.provenance.texts import judge_text
from fakelens.edge_runtime.provenance.xmp import CREDENTIALS_NAMED, read_xmp


def read_evidence(source: Path | bytes, *, verify: bool = False) -> tuple[Evidence, ...]:
    """Return what the metadata of an image file or its bytes say, in the order of the file.

    With `verify` the signature of Content Credentials is looked at too. Nothing is decoded.
    Empty where nothing is said, and where `source` is no regular file or no image.
    """
    if isinstance(source, bytes):
        return _read_stream(io.BytesIO(source), verify)
    if not source.is_file():  # a pipe would lose what is read
        return ()
    with source.open("rb") as stream:
        return _read_stream(stream, verify)


def _read_stream(stream: BinaryIO, verify: bool) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for part in read_parts(stream):
        found += _judge(part)
    if any(item.source is Source.C2PA for item in found):
        found = [item for item in found if item.what != CREDENTIALS_NAMED]
    found = list(dict.fromkeys(found))
    return tuple(add_signature(found, stream) if verify else found)


def _judge(part: Part) -> list[Evidence]:
    match part.kind:
        case PartKind.C2PA:
            return read_c2pa(part.data, part.where)
        case PartKind.XMP:
            return read_xmp(part.data, part.where)
        case PartKind.EXIF:
            return judge_tags(part.tags, part.where) if part.tags else read_exif(part.data, part.where)
        case PartKind.IPTC:
            return read_iptc(part.data, part.where)
        case PartKind.TRAILER:
            return list(judge_samsung_trailer(part.data, part.where))
    key = part.key or "Comment"
    return judge_text(key, part.data.decode("utf-8", "replace"), Source.TEXT, part.where)
