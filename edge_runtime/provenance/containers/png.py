"""The parts of a PNG file: its chunks, before the picture and after it."""

import re
from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.parts import PNG_HEAD, Part, PartKind, find_iptc, inflate
from fakelens.edge_runtime.provenance.containers.window import Window

_XMP_KEY = "XML:com.adobe.xmp"
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MOST_TRAILER_BYTES = 256 << 10


def read_png(window: Window) -> Iterator[Part]:
    """Yield the parts of a PNG file. Check sums are not looked at: a wrong one makes no text unsaid."""
    at = len(PNG_HEAD)
    while window.take_step():
        head = window.read(at, 8)
        if len(head) < 8:
            return
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        where = f"PNG chunk {name.decode('latin-1')} at byte {at}"
        if name in _TEXTS:
            yield from _read_text(name, window.read(at + 8, length), where)
        elif name == b"eXIf":
            data = window.read(at + 8, length).removeprefix(b"Exif\0\0")
            yield Part(kind=PartKind.EXIF, data=data, where=where)
        elif name == b"caBX":
            yield Part(kind=PartKind.C2PA, data=window.read(at + 8, length), where=where)
        elif name == b"IEND":
            trailer = window.read(at + 12, _MOST_TRAILER_BYTES)
            if trailer[4:8] == b"jumb":  # appended by FLUX's makers
                yield Part(kind=PartKind.C2PA, data=trailer, where=f"PNG trailer at byte {at + 12}")
            return
        at += 12 + length


def _read_text(name: bytes, data: bytes, where: str) -> Iterator[Part]:
    key_bytes, _, rest = data.partition(b"\0")
    key = key_bytes[:79].decode("latin-1")
    if name == b"tEXt":
        text = rest
    elif name == b"zTXt":
        text = inflate(rest[1:])
    else:
        packed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.partition(b"\0")[2].partition(b"\0")[2]  # language, translated key
        text = inflate(rest) if packed else rest
    if name != b"iTXt":
        text = text if _is_utf8(text) else text.decode("latin-1").encode()
    if key == _XMP_KEY:
        yield Part(kind=PartKind.XMP, data=text, where=where)
    elif profile := _RAW_PROFILE.fullmatch(key):
        yield from _read_profile(profile[1].lower(), text, where)
    else:
        yield Part(kind=PartKind.TEXT, data=text, where=where, key=key)


def _read_profile(kind: str, text: bytes, where: str) -> Iterator[Part]:
    """Yield what ImageMagick writes as hexadecimal digits: a name, a length, then the digits."""
    try:
        data = bytes.fromhex(text.strip().split(b"\n", 2)[2].decode("ascii"))
    except (ValueError, IndexError):
        return
    if kind in ("exif", "app1"):
        yield Part(kind=PartKind.EXIF, data=data.removeprefix(b"Exif\0\0"), where=where)
    elif kind == "xmp":
        yield Part(kind=PartKind.XMP, data=data, where=where)
    elif kind in ("iptc", "8bim"):
        yield from find_iptc(data, where)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
