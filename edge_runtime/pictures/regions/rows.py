"""What gives the rows of a picture a few at a time."""

from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image

BAND_PIXELS = 4_000_000  # that are decoded at a time


class RowReader(Protocol):
    """Decodes bands of one picture: rows that lie together in its file."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""

    @property
    def band_rows(self) -> int:
        """Rows of each band but the last."""

    def read_band(self, index: int) -> Image.Image:
        """Return the band `index` as it is decoded; raises what Pillow raises where it is damaged."""


@dataclass(kw_only=True)
class BandCache:
    """The bands that were asked for last: neighbouring regions share them."""

    most: int = 2
    bands: dict[int, Image.Image] = field(default_factory=dict)

    def put(self, index: int, band: Image.Image) -> None:
        """Keep `band`; the oldest one goes."""
        self.bands[index] = band
        while len(self.bands) > self.most:
            del self.bands[next(iter(self.bands))]
