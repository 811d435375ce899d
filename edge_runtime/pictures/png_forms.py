"""What Pillow passes over in a PNG: a stream that ends early, colours of 16 bits, texts that are too long."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.contents import read_all

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEEP = "RGB;16B"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE_BYTES = 1 << 20
_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
_MOST_BYTES = 256 << 20  # of a file that is read once more


def reduce_transparent(image: Image.Image) -> None:
    """Bring the transparent colour of an opened PNG of 16 bits to the 8 bits that its pixels will have."""
    transparent = image.info.get("transparency")
    tiles = getattr(image, "tile", ())
    if isinstance(transparent, tuple) and any(_DEEP in tile for tile in tiles):
        image.info["transparency"] = tuple(value >> 8 for value in transparent)


def refuse_short(image: Image.Image, source: Path | BinaryIO) -> None:
    """Raise `ImageError` where the stream of the decoded PNG `image` ended before its last row.

    Pillow leaves the rest black and says nothing. Only a picture that ends in black is looked at again.
    """
    too_large = isinstance(source, Path) and source.stat().st_size > _MOST_BYTES
    if too_large or not _ends_in_zeros(image):
        return
    there, wanted = _count_bytes(read_all(source))
    if there < wanted:
        raise ImageError(f"damaged or incomplete: only {there / wanted:.0%} of its pixels are there")


def remove_texts(source: Path | BinaryIO) -> io.BytesIO | None:
    """Return a PNG without its texts and its profile, which may be too long to be read; None for others."""
    content = read_all(source)
    if not content.startswith(SIGNATURE):
        return None
    kept = [SIGNATURE]
    kept += [content[start - 8 : end + 4] for name, start, end in _list_chunks(content) if name not in _TEXTS]
    return io.BytesIO(b"".join(kept))


def _ends_in_zeros(image: Image.Image) -> bool:
    """Whether one of the last two rows is all 0: of an interlaced picture only every other row may lack."""
    width, height = image.size
    last = np.asarray(image.crop((0, max(0, height - 2), width, height)))
    return bool((~last.reshape(last.shape[0], -1).any(axis=1)).any())


def _count_bytes(content: bytes) -> tuple[int, int]:
    """Return how many bytes the rows of a PNG have, and how many they should have."""
    header = content[16:29]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    bits = header[8] * _CHANNELS.get(header[9], 1)
    passes = _PASSES if header[12] else ((0, 0, 1, 1),)
    wanted = 0
    for left, top, across, down in passes:
        columns, rows = -(-max(0, width - left) // across), -(-max(0, height - top) // down)
        wanted += rows * (1 + -(-columns * bits // 8)) if columns else 0
    inflater, there = zlib.decompressobj(), 0
    for name, start, end in _list_chunks(content):
        data = content[start:end] if name == b"IDAT" else b""
        while data and there < wanted and not inflater.eof:
            there += len(inflater.decompress(data, _PIECE_BYTES))
            data = inflater.unconsumed_tail
    return there, wanted


def _list_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the data of each chunk."""
    place = len(SIGNATURE)
    while place + 8 <= len(content):
        start = place + 8
        end = start + int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8], start, end
        place = end + 4
