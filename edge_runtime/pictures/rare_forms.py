"""Forms of JPEG and TIFF that are not damaged and that no decoder here knows: what to say of them."""

import io
import struct
from pathlib import Path

from PIL import TiffImagePlugin

from fakelens.edge_runtime.machine.quiet import MUTED

_MOST_HEAD_BYTES = 1 << 20  # of a JPEG: its headers
_SOF = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_JPEG_LS = 0xF7
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_BIG_TURNED = b"MM\0+"
_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", _BIG_TURNED)
_BITS, _COMPRESSION, _PHOTOMETRIC, _FORMAT = 258, 259, 262, 339
_NUMBERS = {1: "whole numbers", 2: "numbers with a sign", 3: "floating-point numbers"}
_OTHER = "other values"
_WHITE_IS_ZERO = 0
_NO_TAGS = (ValueError, LookupError, TypeError, ArithmeticError, SyntaxError, OSError, struct.error)
_SAVE = "save it as PNG, or with 8 bits, first"


def describe_form(source: Path | bytes) -> str | None:
    """Return what a JPEG or TIFF is that did not open, with the remedy; None where it is damaged."""
    if isinstance(source, bytes):
        head = source[:_MOST_HEAD_BYTES]
    else:
        with source.open("rb") as file:
            head = file.read(_MOST_HEAD_BYTES)
    if head.startswith(b"\xff\xd8"):
        return _describe_jpeg(head)
    return _describe_tiff(source) if head.startswith(_TIFF_HEADS) else None


def _describe_jpeg(head: bytes) -> str | None:
    place = 2
    while place + 9 <= len(head):
        if head[place] != 0xFF:
            return None
        marker = head[place + 1]
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _SOF:
            bits, height = head[place + 4], int.from_bytes(head[place + 5 : place + 7], "big")
            kind = (
                "JPEG-LS" if marker == _JPEG_LS else "lossless" if marker in _LOSSLESS else "of a rare form"
            )
            if bits == 8 and height and kind == "of a rare form":
                return None
            said = f"{bits} bits, {kind}" if height else "its height is not in its header"
            return f"a JPEG that is not decoded here ({said}): {_SAVE}"
        place += 2 + max(2, int.from_bytes(head[place + 2 : place + 4], "big"))
    return None


def _describe_tiff(source: Path | bytes) -> str | None:
    try:
        with MUTED, io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            header = file.read(8)
            if header.startswith(_BIG_TURNED):
                return f"a TIFF of a form that is not decoded here (BigTIFF, highest byte first): {_SAVE}"
            if b"+" in header[2:4]:
                header += file.read(8)
            tags = TiffImagePlugin.ImageFileDirectory_v2(header)
            file.seek(tags.next)
            tags.load(file)
            bits, photometric = tags.get(_BITS, 1), tags.get(_PHOTOMETRIC)
            form = tags.get(_FORMAT, 1)
            compression = tags.get(_COMPRESSION, 1)
    except _NO_TAGS:
        return None
    if photometric is None:
        return None
    first = bits[0] if isinstance(bits, tuple) and bits else bits
    form = form[0] if isinstance(form, tuple) and form else form
    said = [f"{_NUMBERS.get(form, _OTHER)} of {first} bits"]
    said += ["0 is white"] if photometric == _WHITE_IS_ZERO else []
    said += [] if compression == 1 else [f"compression {compression}"]
    return f"a TIFF of a form that is not decoded here ({', '.join(said)}): {_SAVE}"
