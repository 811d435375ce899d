"""Opening a picture of any kind that this installation decodes, whatever its name says."""

import stat
import struct
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from fakelens.edge_runtime.pictures.formats import DECODERS, FORMATS, Kind, name_remedy, sniff_stream

_JPEG_HEAD = b"\xff\xd8\xff"
_LARGE_BYTES = 16 << 20  # of a file: smaller ones are read whole, and gone through in a second or two
_LONG_TEXT = "MAX_TEXT"  # in what Pillow says of texts that are too long for it


def open_any(source: Path | BinaryIO) -> Image.Image:
    """Open a picture by its content; no pixel is read. Raises what Pillow raises, and `ImageError`."""
    if isinstance(source, Path) and _is_large(source):
        from fakelens.edge_runtime.pictures.large_files import LargeFile

        source = LargeFile(source)
    try:
        return _open_jpeg(source) or Image.open(source, formats=FORMATS)
    except UnidentifiedImageError:
        decoder = DECODERS.get(kind := sniff_stream(source))
        if decoder is None or name_remedy(kind):
            raise
        decoder.register()
        return _open_jxl(source) if kind is Kind.JXL else Image.open(source, formats=(decoder.format,))
    except ValueError as error:
        if _LONG_TEXT not in str(error):
            raise
        from fakelens.edge_runtime.pictures.png_forms import remove_texts

        bare = remove_texts(source)
        if bare is None:
            raise
        return Image.open(bare, formats=FORMATS)


def _open_jxl(source: Path | BinaryIO) -> Image.Image:
    from fakelens.edge_runtime.pictures.jxl_header import MOVES, refuse_unbounded  # few are JPEG XL

    moves = refuse_unbounded(source)
    image = Image.open(source, formats=(DECODERS[Kind.JXL].format,))
    image.info[MOVES] = moves
    return image


def _open_jpeg(source: Path | BinaryIO) -> Image.Image | None:
    """Return the JPEG that an open stream holds; None for all else, which `Image.open` tells apart.

    That would load Pillow's code for four other formats first, which takes as long as a picture to check.
    """
    if isinstance(source, Path):
        return None
    source.seek(0)
    if source.read(len(_JPEG_HEAD)) != _JPEG_HEAD:
        return None
    from PIL import JpegImagePlugin

    source.seek(0)
    try:
        return JpegImagePlugin.jpeg_factory(source)
    except (SyntaxError, IndexError, TypeError, struct.error):  # as `Image.open` goes on to other formats
        return None


def _is_large(path: Path) -> bool:
    try:
        found = path.stat()
        return stat.S_ISREG(found.st_mode) and found.st_size > _LARGE_BYTES
    except OSError:  # opening it tells why
        return False
