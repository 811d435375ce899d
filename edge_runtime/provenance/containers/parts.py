"""The parts of an image file that may speak: taken out of any container, by content and not by name."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

JPEG_HEAD, PNG_HEAD = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"  # how files begin
GIF_HEADS, TIFF_HEADS = (b"GIF87a", b"GIF89a"), (b"II*\0", b"MM\0*")
BIG_TIFF_HEADS = (b"II+\0", b"MM\0+")  # offsets of 64 bits
JXL_HEAD = b"\0\0\0\x0cJXL \r\n\x87\n"  # of its container; a bare stream holds nothing but a picture
MOST_TEXT_BYTES = 1 << 20  # of one text, inflated; a workflow of ComfyUI takes some 100 KB


class PartKind(StrEnum):
    """What a part holds."""

    C2PA = "c2pa"  # JUMBF boxes
    XMP = "xmp"
    EXIF = "exif"  # a TIFF structure
    IPTC = "iptc"  # IIM datasets
    TEXT = "text"  # a key and its text
    COMMENT = "comment"
    TRAILER = "trailer"


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a TIFF structure: of its first directory and of its EXIF directory, by number."""

    values: dict[int, bytes]
    little_endian: bool

    def text(self, tag: int) -> str:
        """Return a text, up to its first zero byte; empty where there is none."""
        return self.values.get(tag, b"").partition(b"\0")[0].decode("utf-8", "replace").strip()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a file."""

    kind: PartKind
    data: bytes
    where: str
    key: str = ""  # of a text
    tags: Tags | None = None  # of a TIFF file, all over which they lie


def inflate(data: bytes, most: int = MOST_TEXT_BYTES) -> bytes:
    """Return the first `most` bytes that `data` inflates to; nothing where it is damaged."""
    inflater = zlib.decompressobj()
    try:
        return inflater.decompress(data[:most], most)
    except zlib.error:
        return b""


def find_iptc(photoshop: bytes, where: str) -> Iterator[Part]:
    """Yield the IPTC datasets inside `photoshop`, Photoshop's image resources."""
    at = 0
    while photoshop[at : at + 4] == b"8BIM":
        kind = int.from_bytes(photoshop[at + 4 : at + 6], "big")
        name_end = at + 7 + (photoshop[at + 6] if at + 6 < len(photoshop) else 0)
        name_end += (name_end - at) % 2
        length = int.from_bytes(photoshop[name_end : name_end + 4], "big")
        start = name_end + 4
        if kind == 0x0404:
            yield Part(kind=PartKind.IPTC, data=photoshop[start : start + length], where=where)
        at = start + length + length % 2
