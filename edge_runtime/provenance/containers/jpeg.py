"""The parts of a JPEG file: its segments before the picture, and what follows the picture's end."""

import re
from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind, find_iptc
from fakelens.edge_runtime.provenance.containers.window import Window

_BLOCK_BYTES = 4096
_TAIL_BYTES = 256 << 10  # looked at from the end of the file
_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_MORE_XMP_HEAD = len(_MORE_XMP) + 32 + 8  # the digest of the whole, its length and this one's offset
_PHOTOSHOP = b"Photoshop 3.0\0"
_APP1, _APP11, _APP13, _COMMENT, _SCAN = 0xE1, 0xEB, 0xED, 0xFE, 0xDA
_SPEAKING = (_APP1, _APP11, _APP13, _COMMENT)
_BARE = {0x00, 0x01, *range(0xD0, 0xD9)}  # markers without a length; 0x00 is none, but junk
_LOOSE_BOX = rb"(?s)\xff\xd9(?=....jumb....jumd)"  # behind the end of the picture


def read_jpeg(window: Window) -> Iterator[Part]:
    """Yield the parts of a JPEG file."""
    boxes: dict[bytes, list[tuple[int, bytes, int]]] = {}
    more_xmp, photoshop = [], []
    segments, scan_at = _read_segments(window)
    for marker, at, data in segments:
        where = f"JPEG segment {_name(marker)} at byte {at}"
        if marker == _APP1 and data.startswith(_EXIF):
            yield Part(kind=PartKind.EXIF, data=data[6:], where=where)
        elif marker == _APP1 and data.startswith(_XMP):
            yield Part(kind=PartKind.XMP, data=data[len(_XMP) :], where=where)
        elif marker == _APP1 and data.startswith(_MORE_XMP):
            more_xmp.append((data[_MORE_XMP_HEAD:], where))
        elif marker == _APP11 and data.startswith(b"JP"):
            number = int.from_bytes(data[4:8], "big")
            box = data[2:4] + data[12:16]  # its number and its kind
            boxes.setdefault(box, []).append((number, data[8:], at))
        elif marker == _APP13 and data.startswith(_PHOTOSHOP):
            photoshop.append((data[len(_PHOTOSHOP) :], where))
        elif marker == _COMMENT:
            yield Part(kind=PartKind.COMMENT, data=data, where=where)
    for pieces in boxes.values():
        yield _join_boxes(pieces)
    if more_xmp:
        yield Part(kind=PartKind.XMP, data=b"".join(piece for piece, _ in more_xmp), where=more_xmp[0][1])
    if photoshop:
        yield from find_iptc(b"".join(piece for piece, _ in photoshop), photoshop[0][1])
    yield from _read_tail(window, scan_at)


def _read_tail(window: Window, scan_at: int) -> Iterator[Part]:
    """Yield what Samsung's phones write behind the picture, and boxes that FLUX's makers append there."""
    start = max(scan_at, window.size_bytes - _TAIL_BYTES)
    tail = window.read(start, _TAIL_BYTES)
    if tail.endswith(b"SEFT"):
        yield Part(kind=PartKind.TRAILER, data=tail, where="JPEG trailer")
    if b"jumb" in tail and (found := re.search(_LOOSE_BOX, tail)):
        at = found.end()
        yield Part(kind=PartKind.C2PA, data=tail[at:], where=f"JPEG trailer at byte {start + at}")


def _read_segments(window: Window) -> tuple[list[tuple[int, int, bytes]], int]:
    """Return marker, offset and content of the segments that may speak, and where the first scan begins."""
    at = block_at = 2
    block = window.read(at, _BLOCK_BYTES)  # most heads lie close together
    segments = []
    while window.take_step():
        if at - block_at + 4 > len(block):
            block_at, block = at, window.read(at, _BLOCK_BYTES)
        head = block[at - block_at : at - block_at + 4]
        if len(head) < 4:
            break
        if head[0] != 0xFF:  # junk, which decoders pass over up to the next marker
            found = block.find(b"\xff", at - block_at)
            at = block_at + (found if found >= 0 else len(block))
            continue
        marker = head[1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(head[2:], "big")
        if marker == _SCAN or length < 2:
            break
        if marker in _SPEAKING:
            segments.append((marker, at, window.read(at + 4, length - 2)))
        at += 2 + length
    return segments, at


def _join_boxes(pieces: list[tuple[int, bytes, int]]) -> Part:
    """Return the box that was cut into `pieces`; each after the first repeats the head of the box."""
    pieces = sorted(pieces, key=lambda piece: piece[0])
    first = pieces[0][1]
    head_bytes = 16 if first[:4] == b"\0\0\0\1" else 8
    data = first + b"".join(piece[head_bytes:] for _, piece, _ in pieces[1:])
    return Part(kind=PartKind.C2PA, data=data, where=f"JPEG segment APP11 at byte {pieces[0][2]}")


def _name(marker: int) -> str:
    return "COM" if marker == _COMMENT else f"APP{marker - 0xE0}"
