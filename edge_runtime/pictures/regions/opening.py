"""Whether a picture can be read in bands, and what reads it."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, TiffImagePlugin

from fakelens.edge_runtime.pictures.contents import read_all
from fakelens.edge_runtime.pictures.regions.heif import HeifGrid
from fakelens.edge_runtime.pictures.regions.image import RegionImage
from fakelens.edge_runtime.pictures.regions.png import PngRows
from fakelens.edge_runtime.pictures.regions.rows import RowReader
from fakelens.edge_runtime.pictures.regions.tiff import TiffRows

_NO_BANDS = (ValueError, LookupError, TypeError, ArithmeticError, SyntaxError, OSError, struct.error)


def open_regions(
    source: Path | BinaryIO, opened: Image.Image, widths: Sequence[int] = ()
) -> Image.Image | None:
    """Return the picture `opened`, of `source`, read in bands; None where its format has none.

    Each band is decoded once, and reduced to `widths`, which will be asked for: raises what Pillow raises
    where one is damaged. Those of a HEIC take so long to decode that all of them are kept.
    """
    content = source if isinstance(source, Path) else read_all(source)
    try:
        reader = _choose_reader(content, opened)
    except _NO_BANDS:  # decoding it as a whole says what is wrong, if anything is
        return None
    if reader is None:
        return None
    if isinstance(reader, HeifGrid):
        return reader.decode()
    image = RegionImage(reader)
    image.verify_all(widths)
    return image


def _choose_reader(content: Path | bytes, opened: Image.Image) -> RowReader | HeifGrid | None:
    if opened.format == "HEIF" and opened.mode == "RGB":
        grid = HeifGrid(content)
        return grid if grid.size == opened.size else None
    if opened.format == "PNG":
        rows = PngRows(content)
        return rows if _is_upright(rows.make_tiny()) else None
    if isinstance(opened, TiffImagePlugin.TiffImageFile) and _is_upright(opened):
        return TiffRows(content, opened)
    return None


def _is_upright(image: Image.Image) -> bool:
    """Whether nothing in the file turns the picture: rows are no rows then."""
    return image.getexif().get(ExifTags.Base.Orientation) in (None, 1)
