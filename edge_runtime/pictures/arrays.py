"""Arrays of pixels, as OpenCV and numpy programs hold them, as images."""

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import ImageError, UsageError

_CHANNELS = (1, 3, 4)


class Colours(StrEnum):
    """The order of an array's channels."""

    RGB = "rgb"
    BGR = "bgr"  # of OpenCV's frames


def image_from_array(pixels: npt.NDArray[Any], colours: str = Colours.RGB) -> Image.Image:
    """Return an array, uint8 [height, width, 3], as a Pillow image.

    A fourth channel is taken for transparency; [height, width] and [height, width, 1] for grey. Raises
    `ImageError` for other types and shapes, `UsageError` for other `colours` than rgb and bgr.
    """
    if colours not in set(Colours):
        raise UsageError(f"colours is {colours!r}, expected rgb, or bgr for frames of OpenCV")
    if pixels.dtype != np.uint8:
        raise ImageError(
            f"the array is {pixels.dtype}, expected uint8 from 0 to 255: scale it and convert it with "
            ".astype(numpy.uint8)"
        )
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in _CHANNELS or not pixels.size:
        raise ImageError(
            f"the array has shape {pixels.shape}, expected [height, width, 3]: give one picture at a time, "
            "its channels last"
        )
    if pixels.shape[2] == 1:
        return Image.fromarray(pixels[..., 0])
    if colours == Colours.BGR:
        pixels = pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]]
    return Image.fromarray(np.ascontiguousarray(pixels))
