"""One captured picture, on its way from the camera to the model."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8, to_rgb
from fakelens.edge_runtime.provenance.evidence import Evidence

Pixels = Image.Image | ImageU8  # an upright Pillow image, or uint8 [height, width, 3] in the order BGR


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Pixels as the source gave them; most frames of a camera are never looked at, so nothing is copied."""

    pixels: Pixels
    time_s: float  # on the source's own clock: monotonic time of capture, or the place in a file
    name: str | None = None  # of a picture of a folder
    note: str | None = None  # what to know of how it was read
    evidence: tuple[Evidence, ...] | None = None  # of its file; None where there is none, as of a camera

    def to_image(self) -> Image.Image:
        """Return the frame as an upright RGB image; the one copy on its way."""
        if isinstance(self.pixels, Image.Image):
            return to_rgb(self.pixels)
        height, width = self.pixels.shape[:2]
        pixels = np.ascontiguousarray(self.pixels)  # mostly it is: then nothing happens
        return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGR", 0, 1)
