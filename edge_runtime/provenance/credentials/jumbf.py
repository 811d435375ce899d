"""Walk JUMBF boxes (ISO 19566-5), the container of C2PA manifests."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_MOST_DEPTH = 16  # a manifest store takes five
_MOST_BOXES = 50_000
_HEAD_BYTES = 8  # of a box
_HAS_LABEL = 2  # of the toggles of a description


@dataclass(frozen=True, kw_only=True)
class Content:
    """A box with content, and the labels of the boxes around it, the outermost first."""

    labels: tuple[str, ...]
    kind: bytes  # such as b"cbor" or b"json"
    data: memoryview


@dataclass(frozen=True, kw_only=True)
class End:
    """How a box ends, by the lengths that it and the boxes inside it declare."""

    last: str | None  # the label of the last box inside; None where one is missing or cannot be read
    is_cut: bool  # a part of the last box is missing


def find_end(data: bytes, label: str) -> End | None:
    """Return the end of the last box that is called `label` and lies in no other; None without such a box."""
    found: End | None = None
    for kind, content, end in islice(_split(memoryview(data)), _MOST_BOXES):
        if kind == b"jumb" and _find_label(content) == label:
            found = _find_end_inside(content, len(content) + max(0, end - len(data)))
    return found


def _find_end_inside(content: memoryview, declared_bytes: int) -> End:
    left, last = declared_bytes, None
    for kind, inside, end in islice(_split(content), _MOST_BOXES):
        left = declared_bytes - end
        if kind == b"jumb":
            last = _find_label(inside)
    has_room = left >= _HEAD_BYTES  # for one more box, which is not there or cannot be read
    return End(last=None if has_room else last, is_cut=declared_bytes > len(content) or left < 0)


def _find_label(content: memoryview) -> str:
    kind, described, _ = next(_split(content), (b"", content, 0))
    return _read_label(bytes(described[:256])) if kind == b"jumd" else ""


def walk_jumbf(data: bytes) -> Iterator[Content]:
    """Yield the content boxes inside `data` in their order; what is damaged or too deep is left out."""
    waiting: list[tuple[memoryview, tuple[str, ...]]] = [(memoryview(data), ())]  # nothing is copied
    boxes = 0
    while waiting:
        inside, outer = waiting.pop()
        labels = outer
        nested: list[tuple[memoryview, tuple[str, ...]]] = []
        for kind, content, _ in _split(inside):
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


def _split(data: memoryview) -> Iterator[tuple[bytes, memoryview, int]]:
    """Yield the kind and the content of each box, and where it says that it ends."""
    at = 0
    while at + _HEAD_BYTES <= len(data):
        length, head_bytes = int.from_bytes(data[at : at + 4], "big"), _HEAD_BYTES
        if length == 1:
            length, head_bytes = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        length = length or len(data) - at
        if length < head_bytes:
            return
        yield bytes(data[at + 4 : at + 8]), data[at + head_bytes : at + length], at + length
        at += length


def _read_label(description: bytes) -> str:
    if len(description) < 18 or not description[16] & _HAS_LABEL:
        return ""
    return description[17:].partition(b"\0")[0][:200].decode("utf-8", "replace")
