"""What Pillow passes over in a PNG: missing rows, a transparent colour of 16 bits, long texts."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image

WIDTH, HEIGHT = 24, 16
PIXELS = np.random.default_rng(0).integers(1, 255, (HEIGHT, WIDTH, 3), np.uint8)
RGB, DEEP = (8, 2), (16, 2)


def pack_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def encode(rows: bytes, form: tuple[int, int], *chunks: bytes, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, *form, 0, 0, interlaced)
    parts = [pack_chunk(b"IHDR", header), *chunks, pack_chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + pack_chunk(b"IEND", b"")


def put_rows(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def test_rows_that_a_stream_does_not_hold_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "short.png"
    for rows in (1, 8, HEIGHT - 1):
        path.write_bytes(encode(put_rows(PIXELS[:rows]), RGB))
        with pytest.raises(ImageError, match=r"short\.png: damaged or incomplete: only .*% of its pixels"):
            load_image(path)
        with pytest.raises(ImageError, match="stdin: damaged or incomplete: only"):
            load_image(path.read_bytes())
    path.write_bytes(encode(b"\0" * 40, RGB, interlaced=1))
    with pytest.raises(ImageError, match="only"):
        load_image(path)


def test_a_picture_that_ends_in_black_is_whole() -> None:
    black = PIXELS.copy()
    black[HEIGHT // 2 :] = 0
    assert (np.asarray(load_image(encode(put_rows(black), RGB))) == black).all()
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b"".join(put_rows(black[top::down, left::across]) for left, top, across, down in passes)
    assert (np.asarray(load_image(encode(rows, RGB, interlaced=1))) == black).all()


def test_the_transparent_colour_of_a_deep_picture_is_white() -> None:
    deep = PIXELS.astype(">u2") * 256 + 7
    deep[4:8, 4:8] = (2561, 5121, 7681)
    transparent = pack_chunk(b"tRNS", struct.pack(">HHH", 2561, 5121, 7681))
    right = PIXELS.copy()
    right[4:8, 4:8] = 255
    assert (np.asarray(load_image(encode(put_rows(deep.astype(">u2")), DEEP, transparent))) == right).all()


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_texts_too_long_to_be_read_cost_no_picture(name: bytes, tmp_path: Path) -> None:
    bomb = pack_chunk(name, b"parameters\0\0" + zlib.compress(b"x" * (4 << 20)))
    path = tmp_path / "bomb.png"
    path.write_bytes(encode(put_rows(PIXELS), RGB, bomb, bomb))
    assert (np.asarray(load_image(path)) == PIXELS).all()
    assert (np.asarray(load_image(path.read_bytes())) == PIXELS).all()
