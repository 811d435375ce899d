"""Bands of a HEIC whose picture is a grid of tiles, as phones write them: each is a HEIC of its own.

Source of the layout: ISO/IEC 14496-12 (boxes, items) and 23008-12 (grid, transformations).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.pictures.regions.rows import BAND_PIXELS

_GRID = b"grid"
_SIZE, _CROP, _TURN, _MIRROR = b"ispe", b"clap", b"irot", b"imir"
_FROM_FILE, _FROM_META = 0, 1  # where the bytes of an item lie
_ESSENTIAL = 0x80
Box = tuple[int, int, int, int]  # left, top, right, bottom, px


@dataclass(frozen=True, kw_only=True)
class _Item:
    kind: bytes
    extents: tuple[tuple[int, int], ...]  # offset and length
    method: int
    properties: tuple[int, ...]  # places in the list of all, from 1, with the bit that it is essential


@dataclass(frozen=True, kw_only=True)
class _Grid:
    rows: int
    columns: int
    size: tuple[int, int]  # of the picture as it is coded
    tile: tuple[int, int]


class HeifGrid:
    """The picture of a HEIC in bands of whole tiles."""

    def __init__(self, source: Path | bytes) -> None:
        """`ValueError`, or `LookupError` and `struct.error`, where it is not a grid that can be cut."""
        self._content = source.read_bytes() if isinstance(source, Path) else source
        top = dict(_walk(self._content))
        meta = top[b"meta"][4:]
        boxes = dict(_walk(meta))
        self._type = top[b"ftyp"]
        self._meta_data = boxes.get(b"idat", b"")
        primary = _read_number(boxes[b"pitm"], 4, 2 if boxes[b"pitm"][0] == 0 else 4)
        items = _read_items(boxes)
        if items[primary].kind != _GRID:
            raise ValueError("its picture is no grid")
        self._item = items[primary]
        self._tiles = [items[number] for number in _read_tiles(boxes[b"iref"], primary)]
        self._properties = list(_walk(dict(_walk(boxes[b"iprp"]))[b"ipco"]))
        self._grid = self._read_grid()
        self._turns = [self._get_property(place) for place in self._item.properties]
        if any(name == _CROP for name, _ in self._turns):
            raise ValueError("its picture is a part of the grid")
        grid = self._grid
        if len(self._tiles) != grid.rows * grid.columns or len({tile.kind for tile in self._tiles}) > 1:
            raise ValueError("its list of tiles is not complete")
        if sum(length for tile in self._tiles for _, length in tile.extents) > len(self._content):
            raise ValueError("its tiles share their bytes")
        self._step = max(1, BAND_PIXELS // (grid.size[0] * grid.tile[1]))  # rows of tiles
        self.size = self._turn((0, 0, *grid.size))[2:]

    def decode(self) -> Image.Image:
        """Return the upright RGB picture; raises what Pillow raises where a tile is damaged."""
        whole = Image.new("RGB", self.size)
        width, height = self._grid.size
        for first in range(0, self._grid.rows, self._step):
            last = min(self._grid.rows, first + self._step)
            top, bottom = (min(height, row * self._grid.tile[1]) for row in (first, last))
            with Image.open(BytesIO(self._pack(first, last, bottom - top)), formats=("HEIF",)) as band:
                band.load()
                left, top, right, bottom = self._turn((0, top, width, bottom))
                if band.mode != "RGB" or band.size != (right - left, bottom - top):
                    raise OSError(f"a part of the grid has {band.width} x {band.height} px")
                whole.paste(band, (left, top))
        return whole

    def _read_grid(self) -> _Grid:
        data = b"".join(self._read(self._item))
        wide = data[1] & 1
        width, height = struct.unpack(">II" if wide else ">HH", data[4 : 12 if wide else 8])
        (tile,) = {
            struct.unpack(">II", box[4:12])
            for item in self._tiles
            for name, box in map(self._get_property, item.properties)
            if name == _SIZE
        }
        return _Grid(rows=data[2] + 1, columns=data[3] + 1, size=(width, height), tile=tile)

    def _get_property(self, place: int) -> tuple[bytes, bytes]:
        return self._properties[(place & 0x7FFF) - 1]

    def _read(self, item: _Item) -> Iterator[bytes]:
        whole = self._content if item.method == _FROM_FILE else self._meta_data
        for offset, length in item.extents:
            if item.method not in (_FROM_FILE, _FROM_META) or offset + length > len(whole):
                raise OSError("image file is truncated")
            yield whole[offset : offset + length]

    def _turn(self, box: Box) -> Box:
        """Return where a part of the coded picture lies in the upright one."""
        width, height = self._grid.size
        left, top, right, bottom = box
        for name, data in self._turns:
            for _ in range(data[0] & 3 if name == _TURN else 0):  # a quarter to the left
                left, top, right, bottom = top, width - right, bottom, width - left
                width, height = height, width
            if name == _MIRROR:
                if data[0] & 1:
                    left, right = width - right, width - left
                else:
                    top, bottom = height - bottom, height - top
        return left, top, right, bottom

    def _pack(self, first: int, last: int, height: int) -> bytes:
        """Return a HEIC of these rows of the grid."""
        grid = self._grid
        tiles = self._tiles[first * grid.columns : last * grid.columns]
        shape = struct.pack(">BBBBII", 0, 1, last - first - 1, grid.columns - 1, grid.size[0], height)
        contents = [shape, *(b"".join(self._read(tile)) for tile in tiles)]
        size = struct.pack(">4xII", grid.size[0], height)
        listed = [*self._properties, (_SIZE, size)]
        of_grid = [
            len(listed) if self._get_property(place)[0] == _SIZE else place for place in self._item.properties
        ]
        of_all = [of_grid, *(list(tile.properties) for tile in tiles)]
        kinds = [_GRID, *(tile.kind for tile in tiles)]
        head = _pack_box(b"ftyp", self._type)
        start = len(head) + len(_pack_meta(kinds, listed, of_all, [(0, 0)] * len(kinds))) + 8
        places = []
        for content in contents:
            places.append((start, len(content)))
            start += len(content)
        return head + _pack_meta(kinds, listed, of_all, places) + _pack_box(b"mdat", b"".join(contents))


def _walk(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each box of `data`."""
    at = 0
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        length = length or len(data) - at
        if length < head:
            raise ValueError("a box is shorter than its head")
        yield name, data[at + head : at + length]
        at += length


def _read_number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise ValueError("a box ends too early")
    return int.from_bytes(data[at : at + size], "big")


def _read_items(boxes: dict[bytes, bytes]) -> dict[int, _Item]:
    kinds = {}
    for name, box in _walk(boxes[b"iinf"][6 if boxes[b"iinf"][0] == 0 else 8 :]):
        if name == b"infe" and box[0] in (2, 3):
            width = 2 if box[0] == 2 else 4
            kinds[_read_number(box, 4, width)] = box[6 + width : 10 + width]
    places = dict(_read_places(boxes[b"iloc"]))
    properties = dict(_read_associations(dict(_walk(boxes[b"iprp"]))[b"ipma"]))
    return {
        number: _Item(
            kind=kind,
            method=places[number][0],
            extents=tuple(places[number][1]),
            properties=tuple(properties.get(number, ())),
        )
        for number, kind in kinds.items()
        if number in places
    }


def _read_places(iloc: bytes) -> Iterator[tuple[int, tuple[int, list[tuple[int, int]]]]]:
    """Yield for each item its number, then the method and the offsets and lengths of its bytes."""
    version = iloc[0]
    sizes = iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4, iloc[5] & 15
    offset_size, length_size, base_size, index_size = sizes
    wide = 4 if version == 2 else 2
    at = 6 + wide
    for _ in range(_read_number(iloc, 6, wide)):
        number = _read_number(iloc, at, wide)
        at += wide
        method = 0
        if version in (1, 2):
            method = _read_number(iloc, at, 2) & 15
            at += 2
        base = _read_number(iloc, at + 2, base_size)
        at += 2 + base_size
        count = _read_number(iloc, at, 2)
        at += 2
        extents = []
        for _ in range(count):
            at += index_size if version in (1, 2) else 0
            offset = _read_number(iloc, at, offset_size)
            extents.append((base + offset, _read_number(iloc, at + offset_size, length_size)))
            at += offset_size + length_size
        yield number, (method, extents)


def _read_associations(ipma: bytes) -> Iterator[tuple[int, list[int]]]:
    """Yield for each item its number and its properties, with the bit 0x8000 where one is essential."""
    wide, long = (2 if ipma[0] == 0 else 4), ipma[3] & 1
    at = 8
    for _ in range(_read_number(ipma, 4, 4)):
        number, count = _read_number(ipma, at, wide), _read_number(ipma, at + wide, 1)
        at += wide + 1
        found = []
        for _ in range(count):
            value = _read_number(ipma, at, 2 if long else 1)
            found.append(value if long else (value & 0x7F) | (value & _ESSENTIAL) << 8)
            at += 2 if long else 1
        yield number, found


def _read_tiles(iref: bytes, primary: int) -> list[int]:
    wide = 2 if iref[0] == 0 else 4
    for name, box in _walk(iref[4:]):
        if name == b"dimg" and _read_number(box, 0, wide) == primary:
            count = _read_number(box, wide, 2)
            return [_read_number(box, wide + 2 + wide * place, wide) for place in range(count)]
    raise ValueError("its grid has no tiles")


def _pack_box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def _pack_meta(
    kinds: list[bytes],
    listed: list[tuple[bytes, bytes]],
    of_all: list[list[int]],
    places: list[tuple[int, int]],
) -> bytes:
    """Return the box of a grid, item 1, and its tiles, with kinds, properties and places in the file."""
    count = len(kinds)
    entries = b"".join(
        _pack_box(b"infe", struct.pack(">B3xHH4sx", 2, number, 0, kind))
        for number, kind in enumerate(kinds, 1)
    )
    tiles = struct.pack(f">HH{count - 1}H", 1, count - 1, *range(2, count + 1))
    located = b"".join(struct.pack(">HHHII", number, 0, 1, *place) for number, place in enumerate(places, 1))
    associated = b"".join(
        struct.pack(f">HB{len(found)}H", number, len(found), *found) for number, found in enumerate(of_all, 1)
    )
    properties = _pack_box(b"ipco", b"".join(_pack_box(*each) for each in listed))
    properties += _pack_box(b"ipma", struct.pack(">B2xBI", 0, 1, count) + associated)
    return _pack_box(
        b"meta",
        bytes(4)
        + _pack_box(b"hdlr", struct.pack(">8x4s13x", b"pict"))
        + _pack_box(b"pitm", struct.pack(">4xH", 1))
        + _pack_box(b"iinf", struct.pack(">4xH", count) + entries)
        + _pack_box(b"iref", bytes(4) + _pack_box(b"dimg", tiles))
        + _pack_box(b"iprp", properties)
        + _pack_box(b"iloc", struct.pack(">4xBBH", 0x44, 0, count) + located),
    )
