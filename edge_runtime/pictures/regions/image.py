"""A picture that is never decoded as a whole, as long as regions and reductions of it are asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from fakelens.edge_runtime.pictures.colour import to_rgb
from fakelens.edge_runtime.pictures.regions.rows import BandCache, RowReader


class RegionImage(Image.Image):
    """An RGB picture that decodes what is asked of it: `crop`, `resize` and `reduce` take bands.

    Their pixels are those of a picture that was decoded as a whole. Anything else decodes it as a whole.
    """

    def __init__(self, reader: RowReader) -> None:
        """Nothing is decoded yet."""
        super().__init__()
        self._mode = "RGB"
        self._size = reader.size
        self._reader: RowReader | None = reader  # until the whole is decoded
        self._band_rows = reader.band_rows
        self._cache = BandCache()
        self._narrow: dict[int, Image.Image] = {}  # each row reduced to so many px

    def verify_all(self, widths: Sequence[int] = ()) -> None:
        """Decode every band once; raises what Pillow raises where one is damaged.

        Meanwhile the first half of `resize` is done to `widths`, so that it need not decode all again.
        """
        widths = [width for width in widths if width < self.width]
        narrow = {width: Image.new("RGB", (width, self.height)) for width in widths}
        for top, band in self._read_bands():
            for width, whole in narrow.items():
                whole.paste(_reduce_rows(band, width), (0, top))
        self._narrow |= narrow

    def load(self) -> Any:
        """Decode the picture as a whole."""
        if self._im is None:
            whole = Image.new("RGB", self.size)
            for top, band in self._read_bands():
                whole.paste(band, (0, top))
            self.im = whole.im
            self._reader = None
            self._cache.bands.clear()
            self._narrow.clear()
        return super().load()

    def crop(self, box: Any = None) -> Image.Image:
        """Return a region; one that reaches beyond the picture is cut of the whole."""
        if box is None or self._im is not None:
            return super().crop(box)
        left, top, right, bottom = (round(side) for side in box)
        if not (0 <= left <= right <= self.width and 0 <= top < bottom <= self.height):
            return super().crop(box)
        region = Image.new("RGB", (right - left, bottom - top))
        rows = self._band_rows
        for index in range(top // rows, -(-bottom // rows)):
            start = index * rows
            first, last = max(top, start), min(bottom, start + rows)
            part = self._read_band(index).crop((left, first - start, right, last - start))
            region.paste(part, (0, first - top))
        return region

    def resize(
        self, size: Any, resample: Any = None, box: Any = None, reducing_gap: Any = None
    ) -> Image.Image:
        """Return the picture at another size, as Pillow makes it: first each row, then each column."""
        width, height = size
        whole = self._im is not None or width >= self.width
        if whole or resample != Image.Resampling.BILINEAR or box is not None or reducing_gap is not None:
            return super().resize(size, resample, box, reducing_gap)
        if width not in self._narrow:
            self.verify_all([width])
        return self._narrow[width].resize((width, height), Image.Resampling.BILINEAR)

    def reduce(self, factor: Any, box: Any = None) -> Image.Image:
        """Return the picture with each `factor` x `factor` px as one."""
        if self._im is not None or box is not None or not isinstance(factor, int) or factor == 1:
            return super().reduce(factor, box)
        width, height = (-(-side // factor) for side in self.size)
        reduced = Image.new("RGB", (width, height))
        rows = max(factor, self._band_rows // factor * factor)
        for top in range(0, self.height, rows):
            part = self.crop((0, top, self.width, min(self.height, top + rows)))
            reduced.paste(part.reduce(factor), (0, top // factor))
        return reduced

    def _read_bands(self) -> Iterator[tuple[int, Image.Image]]:
        rows = self._band_rows
        for index in range(-(-self.height // rows)):
            yield index * rows, self._read_band(index)

    def _read_band(self, index: int) -> Image.Image:
        if index not in self._cache.bands and self._reader is not None:
            self._cache.put(index, to_rgb(self._reader.read_band(index)))
        return self._cache.bands[index]


def _reduce_rows(band: Image.Image, width: int) -> Image.Image:
    return band.resize((width, band.height), Image.Resampling.BILINEAR)
