"""Bands of a PNG: its stream is inflated once from end to end, and can be entered again at each band."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.pictures.regions.rows import BAND_PIXELS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE_BYTES = 1 << 16  # of the compressed stream, read at a time
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_TYPE_OF_BYTES = {1: 0, 2: 4, 3: 2, 4: 6}  # colour type with so many bytes for a pixel
_PALETTE = 3
_KEPT = (b"PLTE", b"tRNS")  # chunks that change what pixels mean
_MOVES = b"acTL"
_SAYS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")  # chunks that may tell how the picture is turned
_MOST_SAID_BYTES = 1 << 20

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class _Header:
    width: int
    height: int
    depth: int
    colour: int

    @property
    def bits(self) -> int:
        """Of a pixel."""
        return self.depth * _CHANNELS[self.colour]

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are its colours, or its grey."""
        return self.depth == 8 and self.colour != _PALETTE

    @property
    def row_bytes(self) -> int:
        """Of a row, without the byte that names its filter."""
        return -(-self.width * self.bits // 8)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Where a band begins."""

    inflater: Any
    piece: int  # the next one to be read
    tail: bytes  # of the piece before, not yet inflated
    above: Bytes  # the row before, unfiltered


class PngRows:
    """Decodes bands of a PNG."""

    def __init__(self, source: Path | bytes) -> None:
        """`ValueError` where it cannot be read in bands: interlaced, moving, or of 48 bits and more."""
        self._source = source
        with self._open() as stream:
            self._header, self._kept, self._pieces = _read_layout(stream)
            self._said = _read_said(stream)
        self.size = self._header.width, self._header.height
        self.band_rows = max(1, BAND_PIXELS // self._header.width)
        first = np.zeros(self._header.row_bytes, np.uint8)
        self._entries = [_Entry(inflater=zlib.decompressobj(), piece=0, tail=b"", above=first)]

    def make_tiny(self) -> Image.Image:
        """Return a picture of one pixel that says of itself what this one says."""
        shape = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
        return _decode_rows(shape, self._said, np.zeros((1, 2), np.uint8))

    def read_band(self, index: int) -> Image.Image:
        """Return the band `index`; those before it are passed once."""
        while len(self._entries) <= index:
            self._inflate(len(self._entries) - 1)
        unfiltered = self._inflate(index)
        return unfiltered if self._header.is_plain and not self._kept else self._decode(_to_bytes(unfiltered))

    def _inflate(self, index: int) -> Image.Image:
        """Return the rows of band `index` without their filters, as pixels; note where the next begins."""
        header, entry = self._header, self._entries[index]
        rows = min(self.band_rows, header.height - index * self.band_rows)
        inflater, piece, tail = entry.inflater.copy(), entry.piece, entry.tail
        wanted = rows * (header.row_bytes + 1)
        parts: list[bytes] = []
        with self._open() as stream:
            while wanted > 0:
                if not tail:
                    if piece == len(self._pieces) or inflater.eof:
                        raise OSError("image file is truncated")
                    tail = _read_piece(stream, self._pieces[piece])
                    piece += 1
                parts.append(inflater.decompress(tail, wanted))
                tail = inflater.unconsumed_tail
                wanted -= len(parts[-1])
        filtered = np.frombuffer(b"".join(parts), np.uint8).reshape(rows, -1)
        image = _unfilter(filtered, entry.above, max(1, header.bits // 8))
        if len(self._entries) == index + 1:
            last = _to_bytes(image.crop((0, rows - 1, image.width, rows)))[0]
            self._entries.append(_Entry(inflater=inflater, piece=piece, tail=tail, above=last))
        return image

    def _decode(self, raw: Bytes) -> Image.Image:
        header = self._header
        shape = struct.pack(">IIBBBBB", header.width, len(raw), header.depth, header.colour, 0, 0, 0)
        return _decode_rows(shape, self._kept, _prepend(raw, 0))

    def _open(self) -> BinaryIO:
        return BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")


def _unfilter(filtered: Bytes, above: Bytes, pixel_bytes: int) -> Image.Image:
    """Return the rows without their filters, which look at the row above and the pixel before.

    Pillow does it, for it sees the bytes as pixels of 8 bits a channel.
    """
    width = len(above) // pixel_bytes
    shape = struct.pack(">IIBBBBB", width, len(filtered) + 1, 8, _TYPE_OF_BYTES[pixel_bytes], 0, 0, 0)
    rows = np.concatenate([_prepend(above[None], 0), filtered])
    return _decode_rows(shape, b"", rows).crop((0, 1, width, len(rows)))


def _to_bytes(image: Image.Image) -> Bytes:
    return np.asarray(image, np.uint8).reshape(image.height, -1)


def _prepend(rows: Bytes, value: int) -> Bytes:
    return np.insert(rows, 0, value, axis=1)


def _decode_rows(shape: bytes, chunks: bytes, rows: Bytes) -> Image.Image:
    """Return the picture of a PNG with these rows, which are stored, not packed."""
    parts = [_SIGNATURE, _pack_chunk(b"IHDR", shape), chunks]
    parts += [_pack_chunk(b"IDAT", zlib.compress(rows.tobytes(), 0)), _pack_chunk(b"IEND", b"")]
    with Image.open(BytesIO(b"".join(parts)), formats=("PNG",)) as image:
        image.load()
        return image


def _pack_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


def _read_layout(stream: BinaryIO) -> tuple[_Header, bytes, list[tuple[int, int]]]:
    """Return the header, the chunks that matter, and offset and length of each piece of the stream."""
    header, kept, pieces = None, b"", list[tuple[int, int]]()
    for name, offset, length in _list_chunks(stream):
        if name == b"IHDR":
            stream.seek(offset)
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", stream.read(13))
            header = _Header(width=width, height=height, depth=depth, colour=colour)
            if interlaced or header.bits > 32:
                raise ValueError("its rows cannot be entered one by one")
        elif name == _MOVES:
            raise ValueError("it moves")
        elif name in _KEPT:
            stream.seek(offset)
            kept += _pack_chunk(name, stream.read(length))
        elif name == b"IDAT":
            pieces += [
                (start, min(_PIECE_BYTES, offset + length - start))
                for start in range(offset, offset + length, _PIECE_BYTES)
            ]
    if header is None or not pieces:
        raise ValueError("it has no pixels")
    return header, kept, pieces


def _read_said(stream: BinaryIO) -> bytes:
    """Return the chunks that say something; `ValueError` where they say very much."""
    said = b""
    for name, offset, length in _list_chunks(stream):
        if name in _SAYS:
            if len(said) + length > _MOST_SAID_BYTES:
                raise ValueError("it says too much of itself to be sure how it is turned")
            stream.seek(offset)
            said += _pack_chunk(name, stream.read(length))
    return said


def _list_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, offset and length of the data of each chunk."""
    offset = len(_SIGNATURE)
    stream.seek(offset)
    while len(head := stream.read(8)) == 8:
        length = int.from_bytes(head[:4], "big")
        yield head[4:], offset + 8, length
        if head[4:] == b"IEND":
            return
        offset += length + 12
        stream.seek(offset)


def _read_piece(stream: BinaryIO, piece: tuple[int, int]) -> bytes:
    stream.seek(piece[0])
    return stream.read(piece[1])
