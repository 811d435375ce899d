"""The parts of a GIF file: its application extensions and comments."""

from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind
from fakelens.edge_runtime.provenance.containers.window import MOST_PART_BYTES, Window

_EXTENSION, _IMAGE = 0x21, 0x2C
_APPLICATION, _COMMENT = 0xFF, 0xFE
_XMP_TRAILER_BYTES = 257  # XMP stands unblocked; this makes readers of blocks find its end


def read_gif(window: Window) -> Iterator[Part]:
    """Yield the parts of a GIF file."""
    flags = window.read(10, 1)
    at = 13 + _table_bytes(flags[0] if flags else 0)
    while window.take_step():
        head = window.read(at, 10)
        if len(head) < 2:
            return
        if head[0] == _IMAGE:
            at = _skip_blocks(window, at + 10 + _table_bytes(head[-1]) + 1)
        elif head[0] == _EXTENSION:
            at, parts = _read_extension(window, at, head[1])
            yield from parts
        else:
            return


def _read_extension(window: Window, at: int, label: int) -> tuple[int, list[Part]]:
    where = f"GIF extension at byte {at}"
    if label == _COMMENT:
        data, end = _join_blocks(window, at + 2)
        return end, [Part(kind=PartKind.COMMENT, data=data, where=where)]
    name = window.read(at + 3, 11) if label == _APPLICATION else b""
    if name == b"XMP DataXMP":
        end = _skip_blocks(window, at + 14)
        data = window.read(at + 14, end - at - 14 - _XMP_TRAILER_BYTES)
        return end, [Part(kind=PartKind.XMP, data=data, where=where)]
    if name.startswith(b"C2PA_GIF"):
        data, end = _join_blocks(window, at + 14)
        return end, [Part(kind=PartKind.C2PA, data=data, where=where)]
    return _skip_blocks(window, at + 2), []


def _join_blocks(window: Window, at: int) -> tuple[bytes, int]:
    """Return the content of the blocks from `at` on, and where they end."""
    pieces = bytearray()
    while window.take_step():
        length = int.from_bytes(window.read(at, 1), "big")
        at += 1
        if not length:
            break
        if len(pieces) < MOST_PART_BYTES:
            pieces += window.read(at, length)
        at += length
    return bytes(pieces), at


def _skip_blocks(window: Window, at: int) -> int:
    while window.take_step():
        length = int.from_bytes(window.read(at, 1), "big")
        at += 1 + length
        if not length:
            break
    return at


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
