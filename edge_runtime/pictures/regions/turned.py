"""Bands of a decoded picture that a camera held upright: a large one is never in memory twice."""

from PIL import Image

from fakelens.edge_runtime.pictures.regions.rows import BAND_PIXELS

_ON_ITS_SIDE = (
    *(Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE),
    *(Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270),
)
_FROM_THE_END = (
    *(Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.ROTATE_180),
    *(Image.Transpose.ROTATE_90, Image.Transpose.TRANSVERSE),
)


class TurnedRows:
    """Turns bands of an RGB picture."""

    def __init__(self, image: Image.Image, method: Image.Transpose) -> None:
        """Bands are those of `image.transpose(method)`."""
        self._image, self._method = image, method
        self._on_its_side = method in _ON_ITS_SIDE
        self.size = image.size[::-1] if self._on_its_side else image.size
        self.band_rows = max(1, BAND_PIXELS // self.size[0])

    def read_band(self, index: int) -> Image.Image:
        """Return the band `index`."""
        first, last = index * self.band_rows, min(self.size[1], (index + 1) * self.band_rows)
        if self._method in _FROM_THE_END:
            first, last = self.size[1] - last, self.size[1] - first
        width, height = self._image.size
        box = (first, 0, last, height) if self._on_its_side else (0, first, width, last)
        return self._image.crop(box).transpose(self._method)
