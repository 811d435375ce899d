"""The parts of an ISO base media file: HEIF, AVIF and the like, box by box."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fakelens.edge_runtime.provenance.containers.parts import MOST_TEXT_BYTES, Part, PartKind
from fakelens.edge_runtime.provenance.containers.window import Window

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MOST_META_BYTES = 1 << 20
_HANDLER = re.compile(rb"hdlr.{8}(.{4})", re.DOTALL)  # what kind of track it is
_XMP_TYPE = b"application/rdf+xml"


@dataclass(frozen=True, kw_only=True)
class _Item:
    kind: PartKind
    extents: list[tuple[int, int]] = field(default_factory=list)  # offset and length in the file


def read_bmff(window: Window) -> Iterator[Part]:
    """Yield the parts of a HEIF or AVIF file, or of a video in such boxes."""
    for box in walk_boxes(window):
        where = f"box {box.name.decode('latin-1')} at byte {box.at}"
        if box.name == b"uuid" and (uuid := window.read(box.start, 16)) in (C2PA_UUID, XMP_UUID):
            data = window.read(box.start + 16, box.end - box.start - 16)
            if uuid == XMP_UUID:
                yield Part(kind=PartKind.XMP, data=data, where=where)
            else:  # version and flags, the purpose `manifest`, an offset of 8 bytes
                boxes = data[4:].partition(b"\0")[2][8:]
                yield Part(kind=PartKind.C2PA, data=boxes, where=where)
        elif box.name == b"meta":
            meta = window.read(box.start, min(box.end - box.start, _MOST_META_BYTES))
            yield from _read_meta(window, meta[4:], box.at)


def holds_only_sound(window: Window) -> bool:
    """Whether a file of such boxes has tracks of sound, and no other."""
    tracks = {
        handler
        for box in walk_boxes(window)
        if box.name == b"moov"
        for handler in _HANDLER.findall(window.read(box.start, box.end - box.start))
    }
    return b"soun" in tracks and tracks.isdisjoint((b"vide", b"pict"))


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where a box of a file lies."""

    name: bytes
    at: int
    start: int  # of its content
    end: int  # which a damaged file may lack


def walk_boxes(window: Window) -> Iterator[Box]:
    """Yield the boxes of a file, not those inside them; the rest is left out where one is damaged."""
    at = 0
    while window.take_step():
        head = window.read(at, 16)
        length, name, head_bytes = _read_box_head(head, window.size_bytes - at)
        if len(head) < 8 or length < head_bytes:
            return
        yield Box(name=name, at=at, start=at + head_bytes, end=at + length)
        at += length


def _read_box_head(head: bytes, rest: int) -> tuple[int, bytes, int]:
    """Return length, name and length of the head of a box of which `rest` bytes are there."""
    length = int.from_bytes(head[:4], "big")
    if length == 1:
        return int.from_bytes(head[8:16], "big"), head[4:8], 16
    return length or rest, head[4:8], 8


def _walk(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name, head_bytes = _read_box_head(data[at : at + 16], len(data) - at)
        if length < head_bytes:
            return
        yield name, data[at + head_bytes : at + length]
        at += length


def _read_meta(window: Window, meta: bytes, at: int) -> Iterator[Part]:
    boxes = dict(_walk(meta))
    items = dict(_find_items(boxes.get(b"iinf", b"")))
    _locate_items(boxes.get(b"iloc", b""), items, window)
    for number, item in items.items():
        data = b""
        for offset, length in item.extents:  # as wild as they like: the credentials may stand behind
            data += window.read(offset, min(length, MOST_TEXT_BYTES - len(data)))
        if item.kind is PartKind.EXIF:  # its first number says where the TIFF structure begins
            data = data[4 + int.from_bytes(data[:4], "big") :]
        yield Part(kind=item.kind, data=data, where=f"item {number} of box meta at byte {at}")


def _find_items(iinf: bytes) -> Iterator[tuple[int, _Item]]:
    """Yield the numbers of the items that hold EXIF or XMP."""
    wide = iinf[:1] != b"\0"
    for name, box in _walk(iinf[4 + (4 if wide else 2) :]):
        if name != b"infe" or box[:1] not in (b"\2", b"\3"):
            continue
        number_bytes = 2 if box[0] == 2 else 4
        number = int.from_bytes(box[4 : 4 + number_bytes], "big")
        kind, rest = box[6 + number_bytes : 10 + number_bytes], box[10 + number_bytes :]
        if kind == b"Exif":
            yield number, _Item(kind=PartKind.EXIF)
        elif kind == b"mime" and rest.partition(b"\0")[2].startswith(_XMP_TYPE):
            yield number, _Item(kind=PartKind.XMP)


def _locate_items(iloc: bytes, items: dict[int, _Item], window: Window) -> None:
    """Fill the extents of `items` from the box iloc; those inside other boxes are left out."""
    version, at = iloc[0] if iloc else 0, 4

    def take(length: int) -> int:
        nonlocal at
        at += length
        return int.from_bytes(iloc[at - length : at], "big")

    sizes = take(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = ((sizes >> shift) & 15 for shift in (12, 8, 4, 0))
    count = take(2 if version < 2 else 4)
    for _ in range(count):
        if at >= len(iloc) or not window.take_step():
            return
        number = take(2 if version < 2 else 4)
        method = take(2) & 15 if version else 0
        take(2)  # data reference
        base = take(base_bytes)
        for _ in range(take(2)):
            if at >= len(iloc) or not window.take_step():
                return
            if version:
                take(index_bytes)
            offset, length = base + take(offset_bytes), take(length_bytes)
            if number in items and method == 0 and len(items[number].extents) < 16:
                items[number].extents.append((offset, length))
