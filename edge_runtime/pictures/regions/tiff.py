"""Bands of a TIFF: each is a few of its strips or rows of tiles, under a header of its own."""

import math
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, TiffImagePlugin

from fakelens.edge_runtime.pictures.regions.rows import BAND_PIXELS

_WIDTH, _HEIGHT, _COMPRESSION, _PLANES, _MODE_TAGS = (256, 257, 259, 284, (338, 339))
_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_BYTES = 273, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_PLAIN, _LZW, _JPEG, _ADOBE_DEFLATE, _PACKBITS, _DEFLATE, _ZSTD = (1, 5, 7, 8, 32773, 32946, 50000)
_INDEPENDENT = {_PLAIN, _LZW, _JPEG, _ADOBE_DEFLATE, _PACKBITS, _DEFLATE, _ZSTD}  # strip from strip
# Tags that say what pixels are; names, dates and profiles stay behind.
_KEPT = (258, 262, 266, 277, 280, 281, 317, 320, 338, 339, 347, 529, 530, 531, 532, _COMPRESSION, _PLANES)
_RANGE_MATTERS = ("I", "F")  # modes whose white only the whole picture tells
_MOST_BAND_PIXELS = 16 * BAND_PIXELS  # larger strips are no bands


class TiffRows:
    """Decodes bands of a TIFF."""

    def __init__(self, source: Path | bytes, opened: TiffImagePlugin.TiffImageFile) -> None:
        """`opened` is the same file, not yet loaded; `ValueError` where it cannot be read in bands."""
        self._source, self._tags = source, opened.tag_v2
        self._prefix = self._tags.prefix
        self.size = opened.size
        tags = self._tags
        tiled = _TILE_OFFSETS in tags
        offsets, counts = (
            _as_tuple(tags.get(tag))
            for tag in ((_TILE_OFFSETS, _TILE_BYTES) if tiled else (_STRIP_OFFSETS, _STRIP_BYTES))
        )
        if opened.mode in _RANGE_MATTERS or tags.get(_COMPRESSION, _PLAIN) not in _INDEPENDENT:
            raise ValueError("of a kind that is decoded as a whole")
        if tags.get(_PLANES, 1) != 1 or (opened.width, opened.height) != (tags[_WIDTH], tags[_HEIGHT]):
            raise ValueError("its colours lie apart, or it is turned")
        across = math.ceil(opened.width / tags[_TILE_WIDTH]) if tiled else 1
        self._step = tags[_TILE_HEIGHT] if tiled else min(opened.height, tags.get(_STRIP_ROWS, opened.height))
        steps = math.ceil(opened.height / self._step)
        if len(offsets) != steps * across or len(counts) != len(offsets):
            raise ValueError("its list of strips is not complete")
        if self._step * opened.width > _MOST_BAND_PIXELS:
            raise ValueError("its strips are too large")
        self._tiled, self._across, self._places = tiled, across, list(zip(offsets, counts, strict=True))
        self.band_rows = self._step * max(1, BAND_PIXELS // (self._step * opened.width))

    def read_band(self, index: int) -> Image.Image:
        """Return the band `index`."""
        top = index * self.band_rows
        rows = min(self.band_rows, self.size[1] - top)
        first, last = top // self._step * self._across, math.ceil((top + rows) / self._step) * self._across
        parts = []
        with self._open() as stream:
            for offset, count in self._places[first:last]:
                stream.seek(offset)
                parts.append(stream.read(count))
                if len(parts[-1]) < count:
                    raise OSError("image file is truncated")
        with Image.open(BytesIO(self._pack(rows, parts)), formats=("TIFF",)) as image:
            image.load()
            return image

    def _pack(self, rows: int, parts: list[bytes]) -> bytes:
        """Return a TIFF of these strips or tiles."""
        ifd = TiffImagePlugin.ImageFileDirectory_v2(prefix=self._prefix)
        kept: dict[int, Any] = {tag: self._tags[tag] for tag in _KEPT if tag in self._tags}
        for tag, value in kept.items():
            ifd.tagtype[tag] = self._tags.tagtype[tag]
            ifd[tag] = value
        ifd[_WIDTH], ifd[_HEIGHT] = self.size[0], rows
        starts = [sum(map(len, parts[:place])) for place in range(len(parts))]
        if self._tiled:
            ifd[_TILE_WIDTH], ifd[_TILE_HEIGHT] = self._tags[_TILE_WIDTH], self._step
            ifd.tagtype[_TILE_OFFSETS] = ifd.tagtype[_TILE_BYTES] = 4
            ifd[_TILE_BYTES] = tuple(map(len, parts))
            ifd[_TILE_OFFSETS] = tuple(starts)
            head = self._save(ifd)
            ifd[_TILE_OFFSETS] = tuple(len(head) + start for start in starts)
        else:
            ifd[_STRIP_ROWS] = self._step
            ifd.tagtype[_STRIP_OFFSETS] = ifd.tagtype[_STRIP_BYTES] = 4
            ifd[_STRIP_BYTES] = tuple(map(len, parts))
            ifd[_STRIP_OFFSETS] = tuple(starts)  # saving adds what lies before
        return self._save(ifd) + b"".join(parts)

    @staticmethod
    def _save(ifd: TiffImagePlugin.ImageFileDirectory_v2) -> bytes:
        stream = BytesIO()
        ifd.save(stream)
        return stream.getvalue()

    def _open(self) -> BinaryIO:
        return BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")


def _as_tuple(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, tuple | list) else (value,)
