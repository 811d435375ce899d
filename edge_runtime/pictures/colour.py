"""A decoded picture of any mode in RGB: depth, transparency, ink and palettes, in bands that bound memory."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import ImageError

_BAND_PIXELS = 4_000_000  # what is converted at a time: the steps between take up to 16 bytes for each
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_FULL_16 = 65535
_FULL_SIGNED_16 = 32767
_BITS, _PHOTOMETRIC, _LARGEST = (258, 262, 281)  # TIFF tags
_WHITE_IS_ZERO = 0

Convert = Callable[[Image.Image], Image.Image]


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a decoded image of any mode in RGB.

    Transparent pixels are laid over white; grey of 12, 16 and 32 bits is scaled to 8. Raises `ImageError`
    for values of which nobody can say what is white.
    """
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode in _DEEP_MODES:
        return _convert_in_bands(image, _choose_scale(image))
    return _convert_in_bands(image, _lay_over_white if image.has_transparency_data else _convert_plainly)


def _convert_in_bands(image: Image.Image, convert: Convert) -> Image.Image:
    """Return `convert(image)`, a few rows at a time where it is large; all our conversions are by pixel."""
    if image.width * image.height <= _BAND_PIXELS:
        return convert(image)
    whole = Image.new("RGB", image.size)
    for top, band in _cut_bands(image):
        whole.paste(convert(band), (0, top))
    return whole


def _cut_bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    width, height = image.size
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(height, top + rows)))


def _convert_plainly(image: Image.Image) -> Image.Image:
    return image.convert("RGB")


def _lay_over_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _choose_scale(image: Image.Image) -> Convert:
    """Return what brings deep grey to 8 bits: by what the file says of its range, else by its type."""
    full = _find_full_scale(image)
    inverted = _read_tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO
    transparent = image.info.get("transparency")

    def convert(band: Image.Image) -> Image.Image:
        values: npt.NDArray[Any] = np.asarray(band)
        if full == _FULL_16:
            grey = np.clip(values.astype(np.int32) // 257, 0, 255).astype(np.uint8)
        else:
            grey = np.rint(np.clip(values.astype(np.float64) / full, 0, 1) * 255).astype(np.uint8)
        if inverted:
            grey = 255 - grey
        if isinstance(transparent, int):
            grey = np.where(values == transparent, np.uint8(255), grey)
        return Image.fromarray(grey).convert("RGB")

    return convert


def _find_full_scale(image: Image.Image) -> float:
    """Return the value that stands for white, or for black where zero is white."""
    bits = _read_tag(image, _BITS)
    largest = _read_tag(image, _LARGEST)
    if image.mode == "F":
        return _check_floats(image)
    if image.mode == "I" and bits is not None:
        return _check_integers(image, largest)
    if largest is not None and 255 < largest < _FULL_16:
        return largest
    return 2.0**bits - 1 if bits is not None and 8 < bits < 16 else _FULL_16


def _check_floats(image: Image.Image) -> float:
    low, high = _find_range(image)
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 1:
        raise ImageError(
            f"holds floating-point values from {low:.6g} to {high:.6g}, so nobody can say what is white; "
            "save it with values from 0 to 1, or with 8 or 16 bits"
        )
    return 1.0


def _check_integers(image: Image.Image, largest: float | None) -> float:
    low, high = _find_range(image)
    if largest is not None and largest > 0 and low >= 0 and high <= largest:
        return largest
    if low < 0 or high > _FULL_16 or 0 < high <= 255:
        raise ImageError(
            f"holds whole numbers of 32 bits or with a sign, from {low:.0f} to {high:.0f}, so nobody can say "
            "what is white; save it with 8 or 16 bits"
        )
    return _FULL_SIGNED_16 if _read_tag(image, _BITS) == 16 else _FULL_16


def _find_range(image: Image.Image) -> tuple[float, float]:
    """Return the lowest and the highest value; not a number where any is not."""
    low, high = np.inf, -np.inf
    for _, band in _cut_bands(image):
        values = np.asarray(band)
        low, high = np.minimum(low, values.min()), np.maximum(high, values.max())
    return float(low), float(high)


def _read_tag(image: Image.Image, tag: int) -> float | None:
    """Return a number from the tags of a TIFF; None where there is none, or it is no TIFF."""
    value = getattr(image, "tag_v2", {}).get(tag)
    value = value[0] if isinstance(value, tuple) and value else value
    return float(value) if isinstance(value, int | float) else None
