"""The tags of a TIFF structure, which is what EXIF is too, and the parts of a TIFF file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from fakelens.edge_runtime.provenance.containers.parts import (
    BIG_TIFF_HEADS,
    MOST_TEXT_BYTES,
    TIFF_HEADS,
    Part,
    PartKind,
    Tags,
    find_iptc,
)
from fakelens.edge_runtime.provenance.containers.window import Window

_EXIF_DIRECTORY = 0x8769
_XMP, _IPTC, _PHOTOSHOP, _C2PA = 0x02BC, 0x83BB, 0x8649, 0xCD41
_LARGE = (_PHOTOSHOP, _C2PA)  # of a wild length, a text would use up what is read of a file
_MOST_TAGS = 65_535  # of one directory; BigTIFF could claim more
_WANTED = frozenset(  # description, camera, program, artist, exposure, comments, and what is named below
    {0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x829A, 0x829D, 0x8827, 0x927C, 0x9286}
    | {_XMP, _IPTC, _PHOTOSHOP, _C2PA, _EXIF_DIRECTORY}
)
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_BYTES |= {16: 8, 17: 8, 18: 8}  # of BigTIFF

Read = Callable[[int, int], bytes]  # offset, length; fewer bytes at the end


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """How a structure writes its numbers; BigTIFF has wider ones."""

    order: Literal["little", "big"]
    count_bytes: int = 2  # of the entries of a directory
    number_bytes: int = 4  # of lengths and offsets

    @property
    def entry_bytes(self) -> int:
        """Tag, type, count, value or where it lies."""
        return 4 + 2 * self.number_bytes

    def number(self, data: bytes) -> int:
        """Return the number that `data` are."""
        return int.from_bytes(data, self.order)


def read_tags(read: Read) -> Tags:
    """Return the tags of the TIFF structure behind `read`; those before the damage where it is damaged."""
    head = read(0, 16)
    little = head[:2] == b"II"
    tags = Tags(values={}, little_endian=little)
    if head[:4] in TIFF_HEADS and len(head) >= 8:
        layout = _Layout(order="little" if little else "big")
        first = head[4:8]
    elif head[:4] in BIG_TIFF_HEADS and len(head) == 16:
        layout = _Layout(order="little" if little else "big", count_bytes=8, number_bytes=8)
        first = head[8:]
    else:
        return tags
    _read_directory(read, layout.number(first), tags, layout)
    pointer = tags.values.get(_EXIF_DIRECTORY, b"")
    if len(pointer) >= 4:
        _read_directory(read, layout.number(pointer[: layout.number_bytes]), tags, layout)
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


def _read_directory(read: Read, at: int, tags: Tags, layout: _Layout) -> None:
    number, wide, step = layout.number, layout.number_bytes, layout.entry_bytes
    count = min(number(read(at, layout.count_bytes)), _MOST_TAGS)
    entries = read(at + layout.count_bytes, step * count)
    for start in range(0, len(entries) - step + 1, step):
        entry = entries[start : start + step]
        tag = number(entry[:2])
        if tag not in _WANTED or tag in tags.values:
            continue
        length = _TYPE_BYTES.get(number(entry[2:4]), 0) * number(entry[4 : 4 + wide])
        place = entry[4 + wide :]
        length = length if tag in _LARGE else min(length, MOST_TEXT_BYTES)
        tags.values[tag] = place[:length] if length <= wide else read(number(place), length)
