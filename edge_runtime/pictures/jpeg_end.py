"""The intact part of a JPEG whose end is missing: only one that lacks a little is worth a verdict."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

MOST_MISSING = 0.25  # of the rows
END = b"\xff\xd9"
_GREY = 128  # what libjpeg paints where it has no data
_MARGIN_PX = 8  # at the right edge: a row that ends in grey is not complete
_COEFFICIENTS = 64
_SOF = frozenset({0xC0, 0xC1, 0xC2})
_SOS = 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


@dataclass(kw_only=True)
class _Scans:
    """For each component: the coefficients of which no bit is outstanding."""

    done: dict[int, set[int]] = field(default_factory=dict)

    def add(self, segment: bytes) -> None:
        count = segment[0]
        start, end, precision = segment[1 + 2 * count : 4 + 2 * count]
        if precision & 15 == 0:
            for component in segment[1 : 1 + 2 * count : 2]:
                self.done.setdefault(component, set()).update(range(start, end + 1))


def has_all_scans(content: bytes) -> bool:
    """Whether the last scan of each component has begun: otherwise the whole picture is a coarse one."""
    components: tuple[int, ...] = ()
    scans = _Scans()
    for marker, segment in _list_segments(content):
        try:
            if marker in _SOF:
                components = tuple(segment[6 : 6 + 3 * segment[5] : 3])
            elif marker == _SOS:
                scans.add(segment)
        except (IndexError, ValueError):  # a header that is cut itself
            return False
    full = set(range(_COEFFICIENTS))
    return bool(components) and all(scans.done.get(component, set()) >= full for component in components)


def count_complete_rows(image: Image.Image) -> int:
    """Return how many rows of a decoded RGB or grey image there are before the grey of missing data."""
    width, height = image.size
    margin = np.asarray(image.crop((max(0, width - _MARGIN_PX), 0, width, height)).convert("RGB"))
    there = (margin != _GREY).any(axis=(1, 2)).nonzero()[0]
    return int(there[-1]) + 1 if len(there) else 0


def _list_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment; the coded data between them is passed over."""
    position = 2
    while True:
        position = content.find(b"\xff", position)
        if position < 0 or position + 4 > len(content):
            return
        marker = content[position + 1]
        if marker in (0x00, 0xFF) or marker in _ALONE:  # coded data, filling, a restart
            position += 1 if marker == 0xFF else 2
            continue
        if marker == END[1]:
            return
        size = int.from_bytes(content[position + 2 : position + 4], "big")
        yield marker, content[position + 4 : position + 2 + size]
        position += 2 + max(2, size)
