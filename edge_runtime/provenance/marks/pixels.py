"""Marks in the pixels of lossless files: stealth PNG info and the open watermarks."""

import numpy as np
from PIL import Image

from fakelens.edge_runtime.provenance.evidence import Evidence

_LOSSLESS = ("PNG", "WEBP")  # a lossy WebP holds neither, which costs a millisecond to see
_MODES = ("RGB", "RGBA")


def read_pixel_marks(image: Image.Image) -> tuple[Evidence, ...]:
    """Return the marks in `image` as it was decoded: before it is turned, and with its transparency."""
    if image.format not in _LOSSLESS or image.mode not in _MODES:
        return ()
    from fakelens.edge_runtime.provenance.marks.stealth import read_stealth  # most photos are JPEGs
    from fakelens.edge_runtime.provenance.marks.watermark import read_watermark

    pixels_u8 = np.asarray(image)
    return (*read_stealth(pixels_u8), *read_watermark(pixels_u8))
