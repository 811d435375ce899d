"""What a JPEG XL holds is known before its decoder, which decodes all that there is, gets it."""

import io

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.jxl_header import JxlHeader, read_header
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image, load_image

# 64 x 48 px of red, green and blue, a frame each: `imagecodecs.jpegxl_encode(FRAMES, lossless=True)`.
HEAD = bytes.fromhex("ff0acb044d002026")
RED = bytes.fromhex("0804010044004b188b15805dfeff006253d50280d98e3f")
GREEN = bytes.fromhex("0804010044004b188b15805dfeff00ce36d302c06d8c3f")
BLUE = bytes.fromhex("0804050044004b188b15805dfeff00e236d302c06d8c3f")  # says that it is the last one
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "
SMALL = ((1, 1), (5, 5), (3, 1))  # 48 px high, as wide as high
UNUSUAL = ((1, 0), (1, 1))  # not all is as usual, and more than colours is not


def write_bits(*fields: tuple[int, int]) -> bytes:
    """Return a code stream that begins with numbers of so many bits each."""
    packed = place = 0
    for count, number in fields:
        packed |= number << place
        place += count
    return b"\xff\x0a" + packed.to_bytes(40, "little")


def read(content: bytes) -> JxlHeader | None:
    return read_header(io.BytesIO(content))


def test_an_animation_is_told_from_a_picture() -> None:
    pytest.importorskip("pillow_jxl")
    decoded = decode_image(HEAD + RED + GREEN + BLUE, DecodeConfig())
    assert decoded.note == "the last frame of an animation, the others are not looked at"
    assert np.asarray(decoded.image)[3, 3].tolist() == [0, 0, 255]
    buffer = io.BytesIO()
    decoded.image.save(buffer, "JXL", lossless=True)
    assert decode_image(buffer.getvalue(), DecodeConfig()).note is None


@pytest.mark.parametrize("moves", [False, True])
def test_movement_stands_behind_much_that_may_be_left_out(moves: bool) -> None:
    orientation, no, yes, end = (3, 5), (1, 0), (1, 1), (1, int(moves))
    own_ratio = ((1, 0), (2, 1), (13, 699), (3, 0), (2, 3), (30, 80_000))
    by_8, plain = ((1, 1), (2, 2), (5, 3), (3, 0), (2, 0)), ((1, 0), (2, 3), (12, 7), (3, 2))
    for fields in (
        (*SMALL, *UNUSUAL, orientation, no, no, end),
        (*SMALL, *UNUSUAL, orientation, yes, *own_ratio, no, end),
        (*SMALL, *UNUSUAL, orientation, no, yes, *by_8, end),
        (*SMALL, *UNUSUAL, orientation, no, yes, *plain, end),
    ):
        assert read(write_bits(*fields)) == JxlHeader(width=48, height=48, moves=moves)
    assert read(write_bits(*own_ratio, *UNUSUAL, orientation, no, no, end)) == JxlHeader(
        width=80_001, height=700, moves=moves
    )
    assert read(write_bits((1, 1), (5, 8), (3, 5), (1, 1))) == JxlHeader(width=128, height=72, moves=False)


def test_the_code_stream_may_lie_in_a_container() -> None:
    stream = HEAD + RED + BLUE
    header = JxlHeader(width=64, height=48, moves=True)
    exif = b"\0\0\0\x10Exif\0\0\0\0MM\0*"
    size = (8 + len(stream)).to_bytes(4, "big")
    assert read(stream) == header
    for boxes in (
        size + b"jxlc" + stream,
        exif + b"\0\0\0\0jxlc" + stream,
        b"\0\0\0\1jxlc" + (16 + len(stream)).to_bytes(8, "big") + stream,
        exif + (12 + len(stream)).to_bytes(4, "big") + b"jxlp\0\0\0\0" + stream,
    ):
        assert read(CONTAINER + boxes) == header
    for damaged in (
        b"",
        b"\xff",
        CONTAINER,
        CONTAINER + exif,
        CONTAINER + b"\0\0\0\2jxlx" + stream,
        b"\xff\x0b",
    ):
        assert read(damaged) is None


def test_what_would_take_too_long_or_too_much_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pillow_jxl")
    large = write_bits((1, 0), (2, 3), (30, 19_999), (3, 1), (1, 1))
    with pytest.raises(ImageError, match=r"20000 x 20000 px of JXL take about 6.4 GB to decode, over"):
        load_image(large)
    long = HEAD + RED + GREEN * 300 + BLUE
    assert load_image(long).size == (64, 48)
    monkeypatch.setattr("fakelens.edge_runtime.pictures.jxl_header._MOST_MOVING_PIXELS", 300 * 64 * 48)
    with pytest.raises(ImageError, match="an animation that may take minutes to decode"):
        load_image(long)
