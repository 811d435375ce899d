"""Stealth PNG info: a generator's text in the lowest bits of the pixels, column by column."""

import zlib

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.provenance.containers.parts import MOST_TEXT_BYTES
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote
from fakelens.edge_runtime.provenance.statements.texts import judge_text

_NAME_BYTES, _LENGTH_BYTES = 15, 4
_ALPHA_NAMES = {b"stealth_pnginfo": False, b"stealth_pngcomp": True}  # whether the text is packed by gzip
_RGB_NAMES = {b"stealth_rgbinfo": False, b"stealth_rgbcomp": True}
_GZIP = 31  # zlib's number for it


def read_stealth(pixels_u8: npt.NDArray[np.uint8]) -> list[Evidence]:
    """Return what the lowest bits of `pixels_u8`, [height, width, 3 or 4] as decoded, say."""
    found = _read(pixels_u8[..., :3], _RGB_NAMES)
    if pixels_u8.shape[-1] == 4:
        found += _read(pixels_u8[..., 3:], _ALPHA_NAMES)
    return found


def _read(channels: npt.NDArray[np.uint8], names: dict[bytes, bool]) -> list[Evidence]:
    head = _take_bytes(channels, 0, _NAME_BYTES + _LENGTH_BYTES)
    name = head[:_NAME_BYTES]
    if name not in names:
        return []
    where = f"lowest bits of the pixels, {name.decode()}"
    length_bytes = min(int.from_bytes(head[_NAME_BYTES:], "big") // 8, MOST_TEXT_BYTES)
    data = _take_bytes(channels, len(head), length_bytes)
    text = (_unzip(data) if names[name] else data).decode("utf-8", "replace")
    found = judge_text("parameters", text, Source.STEALTH, where)
    if not found and '"uc"' in text:  # NovelAI wraps its comment into one more object
        what = "holds the settings of NovelAI"
        found.append(_say(Strength.DECLARES_GENERATED, what, text, where))
    if not found:
        found.append(_say(Strength.NOTE, "holds a hidden text as generators write it", text, where))
    return found


def _say(strength: Strength, what: str, words: str, where: str) -> Evidence:
    return Evidence(source=Source.STEALTH, strength=strength, what=what, words=quote(words), where=where)


def _take_bytes(channels: npt.NDArray[np.uint8], start: int, count: int) -> bytes:
    """Return `count` bytes from the `start`-th on, a bit of each channel of each pixel, down each column."""
    height, _, depth = channels.shape
    most_columns = -(-(start + count) * 8 // (height * depth))
    bits = channels[:, :most_columns].transpose(1, 0, 2).ravel()[start * 8 : (start + count) * 8] & 1
    return np.packbits(bits).tobytes()


def _unzip(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(_GZIP).decompress(data, MOST_TEXT_BYTES)
    except zlib.error:
        return b""
