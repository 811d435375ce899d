"""Why a file is no picture that can be decoded, in one line; decoders raise many kinds of error."""

import io
import math
import re
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.files import is_file
from fakelens.edge_runtime.pictures.formats import (
    HEAD_BYTES,
    READABLE,
    Kind,
    is_archive,
    name_remedy,
    sniff_stream,
)
from fakelens.edge_runtime.pictures.rare_forms import describe_form

MOST_MEGAPIXELS = 400  # that the limit may be lifted to
SMALLER = f"scale it down, or lift the limit (check --max-megapixels, up to {MOST_MEGAPIXELS})"

_MOST_ISO_PIXELS = 1 << 28  # libavif refuses larger ones, and says no more than that
_SIZE = re.compile(rb"ispe\0{4}(.{4})(.{4})", re.DOTALL)


def explain(
    source: Path | bytes, error: Exception, max_megapixels: int, content: bytes | None = None
) -> ImageError:
    """Return the line for a user, with the name of `source`, for what a decoder raised.

    `content` are the bytes of `source`, where they were read already.
    """
    name = "stdin" if isinstance(source, bytes) else str(source)
    if isinstance(error, ImageError):
        return ImageError(f"{name}: {error}")
    if isinstance(error, FileNotFoundError):
        return ImageError(f"{name}: {_why_not_found(Path(name))}")
    if isinstance(error, IsADirectoryError):
        return ImageError(f"{name}: {_why_no_folder(Path(name))}")
    if isinstance(error, UnidentifiedImageError):
        return ImageError(f"{name}: {_why_not_an_image(source, content)}")
    if isinstance(error, Image.DecompressionBombError):
        return ImageError(f"{name}: over the limit of {max_megapixels} megapixels; {SMALLER}")
    return ImageError(f"{name}: {_why_not_decoded(error)}")


def _why_not_found(path: Path) -> str:
    import glob

    if path.is_symlink():
        return "a link to nothing"
    return "no such file" + (", and the pattern matches none" if glob.has_magic(str(path)) else "")


def _why_no_folder(path: Path) -> str:
    from fakelens.edge_runtime.pictures.sources import describe_nothing, scan_folder

    found = scan_folder(path, videos=True)
    if found.paths:
        return "is a folder, not an image"
    return describe_nothing(found.left_out, "is a folder without images")


def _why_not_decoded(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "takes more memory than there is; scale it down first"
    if isinstance(error, OSError) and error.strerror:  # the system's word, not a decoder's
        return f"cannot be read ({error.strerror})"
    # Some decoders write several lines, or how to build them again: the first sentence says what is wrong.
    reason = " ".join(str(error).split()).split(". ")[0].removesuffix(".")
    return f"cannot be decoded, damaged or incomplete ({reason or type(error).__name__})"


def _why_not_an_image(named: Path | bytes, content: bytes | None) -> str:
    source = named if content is None else content
    kind = sniff_stream(io.BytesIO(source) if isinstance(source, bytes) else source)
    if kind is Kind.EMPTY:
        return "empty input" if isinstance(named, bytes) else "the file is empty"
    remedy = name_remedy(kind)
    if remedy is not None:
        return f"{kind}: {remedy}"
    if kind is Kind.VIDEO:
        of_a_file = isinstance(named, Path) and is_file(named)
        return "a video, not an image" if of_a_file else "a video, which is read from a file: save it first"
    if kind in (Kind.AVIF, Kind.HEIC) and (size := _read_declared_size(source)) is not None:
        return f"{size[0]} x {size[1]} px are over the limit of what decodes {kind} here; scale it down first"
    if kind is Kind.IMAGE and (form := describe_form(source)) is not None:
        return form
    if kind is Kind.OTHER and is_archive(_read_head(source)):
        return "an archive, not an image; unpack it and give the folder"
    if kind is not Kind.OTHER:
        return f"begins as {'an image' if kind is Kind.IMAGE else kind}, but is damaged or incomplete"
    return f"not an image ({READABLE})" + ("" if isinstance(named, bytes) else ", whatever its name says")


def _read_declared_size(source: Path | bytes) -> tuple[int, int] | None:
    """Return the width and height that an AVIF or HEIC declares, where they are very large."""
    found: list[tuple[bytes, bytes]] = _SIZE.findall(_read_head(source))
    sizes = [(int.from_bytes(width, "big"), int.from_bytes(height, "big")) for width, height in found]
    width, height = max(sizes, key=math.prod, default=(0, 0))
    return (width, height) if width * height > _MOST_ISO_PIXELS else None


def _read_head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD_BYTES]
    with source.open("rb") as file:
        return file.read(HEAD_BYTES)
