"""File formats by their first bytes, and the package that decodes each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from fakelens.edge_runtime.extras import is_installed

HEAD_BYTES = 4096  # the brands of an ISO file may be many; read before anything is decoded
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".dib", ".tif", ".tiff"}
    | {".gif", ".heic", ".heif", ".hif", ".avif", ".jxl"}
)
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".3gp", ".wmv", ".mts", ".m2ts"}
    | {".3g2", ".asf", ".flv", ".ogv", ".vob"}
)
READABLE = "JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF, HEIC, JPEG XL"
# JPEG includes the MPO of some phones and Ultra HDR: their first picture is the photo.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1", b"avis"}
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P "}
_ISO_IMAGE_BRANDS = _HEIC_BRANDS | _AVIF_BRANDS | {b"mif1", b"msf1", b"mif2", b"miaf"}


class Kind(StrEnum):
    """What kind of file it is."""

    IMAGE = "image"  # Pillow decodes it
    HEIC = "HEIC"
    AVIF = "AVIF"
    JXL = "JPEG XL"
    VIDEO = "video"
    RAW = "camera raw"  # whose pictures are previews
    RARE = "picture of a rare format"
    OTHER = "no image"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """What decodes a kind that Pillow alone may not."""

    module: str
    format: str  # Pillow's name of it
    remedy: str
    register: Callable[[], None]


def _register_heic() -> None:
    import_module("pillow_heif").register_heif_opener(thumbnails=False)


def _register_jxl() -> None:
    import_module("pillow_jxl")


DECODERS = {
    Kind.HEIC: Decoder(
        module="pillow_heif",
        format="HEIF",
        remedy='pip install "fakelens[heic]"',
        register=_register_heic,
    ),
    Kind.JXL: Decoder(
        module="pillow_jxl", format="JXL", remedy='pip install "fakelens[jxl]"', register=_register_jxl
    ),
}
_UNREAD = {
    Kind.RAW: "develop it to JPEG or TIFF first",
    Kind.RARE: "save it as JPEG or PNG first",
}
_RAW_HEADS = (
    *(b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"\0MRM", b"FOVb", b"II\x1a\0\0\0HEAPCCDR"),
)
_CANON_RAW = b"CR"  # at byte 8 of a TIFF
_RARE_HEADS = (
    *(b"8BPS", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"II\xbc\x01"),  # PSD, JPEG 2000, JPEG XR
    *(b"v/1\x01", b"#?RADIANCE", b"DDS |", b"qoif"),  # OpenEXR, Radiance, DirectDraw, QOI
    *(b"P%d\n" % kind for kind in range(1, 8)),  # PNM
    *(b"PF\n", b"Pf\n", b"\0\0\1\0", b"\0\0\2\0", b"icns", b"BLP1", b"BLP2"),  # PFM, icons and cursors, BLP
    *(b"\x8aMNG\r\n\x1a\n", b"\x8bJNG\r\n\x1a\n", b"BPG\xfb", b"FLIF", b"gimp xcf", b"SIMPLE  ="),
    *(b"\1\xda\0\1", b"\1\xda\1\1", b"\x0a\5\1\1", b"\x0a\5\1\x08", b"\0\0\x0a\0\0\0\0\0"),  # SGI, PCX, TGA
)
_MEDICAL = b"DICM"  # behind 128 bytes of anything
# A BMP without its first 14 bytes.
_BARE_BITMAP = re.compile(rb"\x28\0\0\0.{8}\x01\0[\x01\x04\x08\x10\x18\x20]\0[\x00-\x03]\0\0\0", re.DOTALL)
_SYNC = 0x47
_PACKETS = ((0, 188), (4, 192))  # where the first one begins, and how long they are
# zip, gzip, bzip2, xz, zstandard, 7-Zip, RAR
_ARCHIVE_HEADS = (
    b"PK\3\4",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
)
_TAR, _TAR_AT = b"ustar", slice(257, 262)
_DOCUMENT = b"mimetype"  # name of the first file in a zip that is a document, such as OpenRaster's
_VIDEO_REMEDY = 'pip install "fakelens[camera]"'


def sniff(head: bytes) -> Kind:
    """Return the kind of the file that begins with `head`, up to `HEAD_BYTES` of it."""
    if not head:
        return Kind.EMPTY
    if head[4:8] == b"ftyp":
        return Kind.RAW if head[8:12] == b"crx " else _sniff_iso(head)
    if head.startswith(_RAW_HEADS) or (head.startswith((b"II*\0", b"MM\0*")) and head[8:10] == _CANON_RAW):
        return Kind.RAW
    if head.startswith(_RARE_HEADS) or head[128:132] == _MEDICAL or _BARE_BITMAP.match(head):
        return Kind.RARE
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return Kind.JXL
    images = (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        b"II+\0",
        b"MM\0+",
    )
    if head.startswith(images) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.IMAGE
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return Kind.IMAGE
    videos = (
        *(b"\x1a\x45\xdf\xa3", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        b"FLV\1",
    )
    if head.startswith(videos) or (head[:4] == b"RIFF" and head[8:12] == b"AVI ") or _is_transport(head):
        return Kind.VIDEO
    if head.startswith(b"OggS"):
        return Kind.VIDEO if b"theora" in head else Kind.OTHER
    return Kind.VIDEO if head[4:8] in (b"moov", b"mdat", b"wide") else Kind.OTHER


def is_archive(head: bytes) -> bool:
    """Whether a file that begins with `head` is an archive or a compressed file: none is unpacked."""
    return (head.startswith(_ARCHIVE_HEADS) and head[30:38] != _DOCUMENT) or head[_TAR_AT] == _TAR


def _is_transport(head: bytes) -> bool:
    """Whether `head` are packets of an MPEG transport stream, as camcorders and television write them."""
    return any(
        len(head) > first + 3 * step and all(head[first + place * step] == _SYNC for place in range(4))
        for first, step in _PACKETS
    )


def sniff_file(path: Path) -> Kind:
    """Return the kind of `path` by its content; raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES))


def sniff_stream(source: Path | BinaryIO) -> Kind:
    """Return the kind of a file or of an open stream, which stands at its beginning again."""
    if isinstance(source, Path):
        return sniff_file(source)
    source.seek(0)
    kind = sniff(source.read(HEAD_BYTES))
    source.seek(0)
    return kind


def is_video(path: Path) -> bool:
    """Whether `path` is a video, by its content or, where that says nothing, by its suffix."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    kind = sniff(head)
    if kind in (Kind.HEIC, Kind.AVIF):  # a burst of pictures is stored as a video is
        return head[8:12] in _SEQUENCE_BRANDS
    return kind is Kind.VIDEO or (kind is Kind.OTHER and path.suffix.lower() in VIDEO_SUFFIXES)


def name_remedy(kind: Kind) -> str | None:
    """Return how to have `kind` checked; None where this installation does it, or nothing would."""
    if kind in _UNREAD:
        return _UNREAD[kind]
    if kind is Kind.AVIF:
        from PIL import features  # here, since `--help` reads the kinds too

        return None if features.check("avif") else 'pip install "pillow>=11.3"'
    if kind is Kind.VIDEO:
        return None if is_installed("cv2") else _VIDEO_REMEDY
    decoder = DECODERS.get(kind)
    return None if decoder is None or is_installed(decoder.module) else decoder.remedy


def _sniff_iso(head: bytes) -> Kind:
    """Tell a picture from a video in an ISO base media file, by all the brands that it names."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, size - 3, 4))}
    if head[8:12] not in _ISO_IMAGE_BRANDS:
        return Kind.OTHER if head[8:12] in _SOUND_BRANDS else Kind.VIDEO
    if brands & _AVIF_BRANDS and head[8:12] not in _HEIC_BRANDS:
        return Kind.AVIF
    return Kind.HEIC
