"""The tags of a TIFF structure, which is what EXIF is too, and the parts of a TIFF file."""

from collections.abc import Callable, Iterator
from typing import Literal

from fakelens.edge_runtime.provenance.parts import TIFF_HEADS, Part, PartKind, Tags, find_iptc
from fakelens.edge_runtime.provenance.window import Window

_EXIF_DIRECTORY = 0x8769
_XMP, _IPTC, _PHOTOSHOP, _C2PA = 0x02BC, 0x83BB, 0x8649, 0xCD41
_MOST_TAGS = 1000  # of one directory
_WANTED = frozenset(  # description, camera, program, artist, exposure, comments, and what is named below
    {0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x829A, 0x829D, 0x8827, 0x927C, 0x9286}
    | {_XMP, _IPTC, _PHOTOSHOP, _C2PA, _EXIF_DIRECTORY}
)
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

Read = Callable[[int, int], bytes]  # offset, length; fewer bytes at the end


def read_tags(read: Read) -> Tags:
    """Return the tags of the TIFF structure behind `read`; those before the damage where it is damaged."""
    head = read(0, 8)
    little = head[:2] == b"II"
    tags = Tags(values={}, little_endian=little)
    if head[:4] not in TIFF_HEADS or len(head) < 8:
        return tags
    order: Literal["little", "big"] = "little" if little else "big"
    _read_directory(read, int.from_bytes(head[4:], order), tags)
    pointer = tags.values.get(_EXIF_DIRECTORY, b"")
    if len(pointer) >= 4:
        _read_directory(read, int.from_bytes(pointer[:4], order), tags)
    return tags


def read_tiff(window: Window) -> Iterator[Part]:
    """Yield the parts of a TIFF file, whose own tags are those of EXIF."""
    own = read_tags(window.read)
    tags = own.values
    yield Part(kind=PartKind.EXIF, data=b"", where="TIFF tags", tags=own)
    for tag, kind in ((_XMP, PartKind.XMP), (_IPTC, PartKind.IPTC), (_C2PA, PartKind.C2PA)):
        if tag in tags:
            yield Part(kind=kind, data=tags[tag], where=f"TIFF tag 0x{tag:04X}")
    if _PHOTOSHOP in tags:
        yield from find_iptc(tags[_PHOTOSHOP], f"TIFF tag 0x{_PHOTOSHOP:04X}")


def _read_directory(read: Read, at: int, tags: Tags) -> None:
    order: Literal["little", "big"] = "little" if tags.little_endian else "big"

    def number(data: bytes) -> int:
        return int.from_bytes(data, order)

    entries = read(at + 2, 12 * min(number(read(at, 2)), _MOST_TAGS))
    for start in range(0, len(entries) - 11, 12):
        entry = entries[start : start + 12]
        if number(entry[:2]) not in _WANTED:
            continue
        length = _TYPE_BYTES.get(number(entry[2:4]), 0) * number(entry[4:8])
        value = entry[8 : 8 + length] if length <= 4 else read(number(entry[8:]), length)
        tags.values.setdefault(number(entry[:2]), value)
