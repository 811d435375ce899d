"""Whether a picture can be read in bands, and what reads it."""

import struct
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, TiffImagePlugin

from fakelens.edge_runtime.pictures.regions.image import RegionImage
from fakelens.edge_runtime.pictures.regions.png import PngRows
from fakelens.edge_runtime.pictures.regions.rows import RowReader
from fakelens.edge_runtime.pictures.regions.tiff import TiffRows

_NO_BANDS = (ValueError, LookupError, TypeError, ArithmeticError, SyntaxError, OSError, struct.error)


def open_regions(source: Path | BinaryIO, opened: Image.Image) -> RegionImage | None:
    """Return the picture `opened`, of `source`, to be read in bands; None where its format has none.

    Each band is decoded once: raises what Pillow raises where one is damaged.
    """
    content = source if isinstance(source, Path) else _read_all(source)
    try:
        reader = _choose_reader(content, opened)
    except _NO_BANDS:  # decoding it as a whole says what is wrong, if anything is
        return None
    if reader is None:
        return None
    image = RegionImage(reader)
    image.verify_all()
    return image


def _choose_reader(content: Path | bytes, opened: Image.Image) -> RowReader | None:
    if opened.format == "PNG":
        rows = PngRows(content)
        return rows if _is_upright(rows.make_tiny()) else None
    if isinstance(opened, TiffImagePlugin.TiffImageFile) and _is_upright(opened):
        return TiffRows(content, opened)
    return None


def _is_upright(image: Image.Image) -> bool:
    """Whether nothing in the file turns the picture: rows are no rows then."""
    return image.getexif().get(ExifTags.Base.Orientation) in (None, 1)


def _read_all(stream: BinaryIO) -> bytes:
    if isinstance(stream, BytesIO):
        return stream.getvalue()
    stream.seek(0)
    return stream.read()
