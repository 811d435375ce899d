"""Walk JUMBF boxes (ISO 19566-5), the container of C2PA manifests."""

from collections.abc import Iterator
from dataclasses import dataclass

_MOST_DEPTH = 16  # a manifest store takes five
_MOST_BOXES = 5_000
_HAS_LABEL = 2  # of the toggles of a description


@dataclass(frozen=True, kw_only=True)
class Content:
    """A box with content, and the labels of the boxes around it, the outermost first."""

    labels: tuple[str, ...]
    kind: bytes  # such as b"cbor" or b"json"
    data: memoryview


def walk_jumbf(data: bytes) -> Iterator[Content]:
    """Yield the content boxes inside `data` in their order; what is damaged or too deep is left out."""
    waiting: list[tuple[memoryview, tuple[str, ...]]] = [(memoryview(data), ())]  # nothing is copied
    boxes = 0
    while waiting:
        inside, outer = waiting.pop()
        labels = outer
        nested: list[tuple[memoryview, tuple[str, ...]]] = []
        for kind, content in _split(inside):
            boxes += 1
            if boxes > _MOST_BOXES:
                return
            if kind == b"jumd":
                labels = (*outer, _read_label(bytes(content[:256])))
            elif kind == b"jumb" and len(labels) < _MOST_DEPTH:
                nested.append((content, labels))
            elif kind != b"jumb":
                yield Content(labels=labels, kind=kind, data=content)
        waiting += reversed(nested)


def _split(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        length, head_bytes = int.from_bytes(data[at : at + 4], "big"), 8
        if length == 1:
            length, head_bytes = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        length = length or len(data) - at
        if length < head_bytes:
            return
        yield bytes(data[at + 4 : at + 8]), data[at + head_bytes : at + length]
        at += length


def _read_label(description: bytes) -> str:
    if len(description) < 18 or not description[16] & _HAS_LABEL:
        return ""
    return description[17:].partition(b"\0")[0][:200].decode("utf-8", "replace")
