"""From an image file to all that it says of itself."""

import io
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.files import is_file
from fakelens.edge_runtime.provenance.containers.reader import read_parts
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

_MOST_STATEMENTS = 100  # of one file that are shown; a file has a handful


def read_evidence(source: Path | bytes, *, verify: bool = False) -> tuple[Evidence, ...]:
    """Return what the metadata of an image file or its bytes say, in the order of the file.

    With `verify` the signature of Content Credentials is looked at too. Nothing is decoded.
    Empty where nothing is said, and where `source` is no regular file or no image.
    """
    if isinstance(source, bytes):
        return _read_stream(io.BytesIO(source), verify)
    if not is_file(source):  # a pipe would lose what is read
        return ()
    with source.open("rb") as stream:
        return _read_stream(stream, verify)


def _read_stream(stream: BinaryIO, verify: bool) -> tuple[Evidence, ...]:
    parts = read_parts(stream)
    if not parts:  # most files say nothing, and what reads parts takes longer to load than a photo
        return ()
    from fakelens.edge_runtime.provenance.judge import judge_part

    found: list[Evidence] = []
    for part in parts:
        found += judge_part(part)
    found = list(dict.fromkeys(found))
    if any(item.source is Source.C2PA for item in found):
        from fakelens.edge_runtime.provenance.credentials.signature import add_signature
        from fakelens.edge_runtime.provenance.statements.xmp import CREDENTIALS_NAMED

        found = [item for item in found if item.what != CREDENTIALS_NAMED]
        return tuple(add_signature(_cut(found), stream) if verify else _cut(found))
    return tuple(_cut(found))


def _cut(found: list[Evidence]) -> list[Evidence]:
    """Return the strongest of `found`, in their order, with a note where there are more than are shown."""
    if len(found) <= _MOST_STATEMENTS:
        return found
    order = list(Strength)
    places = sorted(range(len(found)), key=lambda place: order.index(found[place].strength))
    kept = [found[place] for place in sorted(places[: _MOST_STATEMENTS - 1])]
    what = f"says {len(found) - len(kept):,} things more, which are not shown"
    return [*kept, Evidence(source=Source.FILE, strength=Strength.NOTE, what=what)]
