"""Size and movement of a JPEG XL by its header (ISO/IEC 18181-1, annex D).

Its decoder here decodes all frames as it opens a file, gives the last one and says nothing of the others.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.decode_memory import refuse_size

MOVES = "fakelens moves"  # in Pillow's `info` of an animation
_HEAD_BYTES = 64  # of the code stream: the header ends long before
_MOST_BOXES = 1000
_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_CODE_STREAM, _PART = b"jxlc", b"jxlp"
_RATIOS = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # of width to height
_SIZES = ((9, 1), (13, 1), (18, 1), (30, 1))  # bits of a number and what is added to it, by a selector
_PREVIEW_BY_8 = ((0, 16), (0, 32), (5, 1), (9, 33))
_PREVIEW = ((6, 1), (8, 65), (10, 321), (12, 1345))
# Frames are not counted before they are decoded, 33 ns a pixel, but each takes so many bytes at the least.
_FRAME_BYTES, _MOST_MOVING_PIXELS = 16, 300_000_000


@dataclass(frozen=True, kw_only=True)
class JxlHeader:
    """What the header says."""

    width: int
    height: int
    moves: bool


def refuse_unbounded(source: Path | BinaryIO) -> bool:
    """Raise `ImageError` for a JPEG XL that would take too much memory or time; return whether it moves."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return refuse_unbounded(file)
    header = read_header(source)
    size_bytes = source.seek(0, io.SEEK_END)
    source.seek(0)
    if header is None:  # its decoder says what is wrong
        return False
    refuse_size((header.width, header.height), "JXL")
    most_frames = size_bytes // _FRAME_BYTES
    if header.moves and most_frames * header.width * header.height > _MOST_MOVING_PIXELS:
        raise ImageError(
            "an animation that may take minutes to decode, all for its last frame; save it as GIF, WebP or "
            "APNG first"
        )
    return header.moves


def read_header(stream: BinaryIO) -> JxlHeader | None:
    """Return what the header of the JPEG XL in `stream` says; None where it is damaged."""
    head = _read_head(stream)
    if not head.startswith(b"\xff\x0a"):
        return None
    bits = _Bits(head[2:])
    width, height = _read_size(bits)
    return JxlHeader(width=width, height=height, moves=_read_movement(bits))


def _read_movement(bits: "_Bits") -> bool:
    if bits.read(1) or not bits.read(1):  # all is as usual, or only colours are not
        return False
    bits.read(3)  # orientation
    if bits.read(1):
        _read_size(bits)  # another one, for layout
    if bits.read(1):  # a preview
        choices = _PREVIEW_BY_8 if bits.read(1) else _PREVIEW
        bits.read_by(choices)
        if not bits.read(3):
            bits.read_by(choices)
    return bool(bits.read(1))


class _Bits:
    """Numbers of some bits each, the lowest first; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def read(self, count: int) -> int:
        number = self._left & ((1 << count) - 1)
        self._left >>= count
        return number

    def read_by(self, choices: tuple[tuple[int, int], ...]) -> int:
        count, offset = choices[self.read(2)]
        return self.read(count) + offset


def _read_size(bits: _Bits) -> tuple[int, int]:
    """Return width and height, which comes first."""
    by_8 = bits.read(1)

    def read_side() -> int:
        return 8 * (bits.read(5) + 1) if by_8 else bits.read_by(_SIZES)

    height = read_side()
    above, below = _RATIOS[bits.read(3)]
    return (height * above // below if above else read_side()), height


def _read_head(stream: BinaryIO) -> bytes:
    """Return the first bytes of the code stream, which may lie in a box of a container."""
    stream.seek(0)
    if stream.read(len(_CONTAINER)) != _CONTAINER:
        stream.seek(0)
        return stream.read(_HEAD_BYTES)
    for _ in range(_MOST_BOXES):
        head = stream.read(8)
        size, kind, begun = int.from_bytes(head[:4], "big"), head[4:], 8
        if size == 1:
            size, begun = int.from_bytes(stream.read(8), "big"), 16
        if kind == _PART:
            stream.seek(4, io.SEEK_CUR)  # its number
        if kind in (_CODE_STREAM, _PART):
            return stream.read(_HEAD_BYTES)
        if size < begun:  # the last one, or damaged
            break
        stream.seek(size - begun, io.SEEK_CUR)
    return b""
