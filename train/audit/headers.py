"""Everything that a file tells about itself before a pixel is decoded; names and times are left out."""

import hashlib
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, JpegImagePlugin

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image, open_image

_NONE = "none"
_SUBSAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}  # by Pillow's number
_TOLD = {"exif", "icc_profile", "dpi", "progressive", "progression", "interlace", "transparency"}


@dataclass(frozen=True, kw_only=True)
class HeaderFacts:
    """What is known of a file from its header and its size; `none` where there is no such thing."""

    file_type: str
    colour_mode: str
    jpeg_tables: str  # libjpeg's quality, or a digest of other tables
    jpeg_subsampling: str
    progressive_or_interlaced: str
    exif: str
    icc_profile: str
    resolution_dpi: str
    other_chunks: str
    jpeg_step: float  # mean entry of the quantization tables
    width_px: float
    height_px: float
    size_bytes: float
    bytes_per_pixel: float


def read_header(path: Path) -> HeaderFacts:
    """Return the facts of the image file `path`; raises `ImageError` with the reason where there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_image(path) as image:
                return _list_facts(image, path)
    except Exception as error:  # Pillow raises many kinds
        load_image(path)  # which says why
        raise ImageError(f"{path}: the header cannot be read ({error})") from error


def _list_facts(image: Image.Image, path: Path) -> HeaderFacts:
    info, size_bytes = image.info, path.stat().st_size
    tables: Mapping[int, Sequence[int]] = getattr(image, "quantization", None) or {}
    entries = [entry for table in tables.values() for entry in table]
    return HeaderFacts(
        file_type=image.format or _NONE,
        colour_mode=image.mode,
        jpeg_tables=_name_tables(tables),
        jpeg_subsampling=_name_subsampling(image),
        progressive_or_interlaced="yes" if info.get("progressive") or info.get("interlace") else "no",
        exif="present" if info.get("exif") else _NONE,
        icc_profile=f"{len(info['icc_profile'])} bytes" if info.get("icc_profile") else _NONE,
        resolution_dpi=str(info.get("dpi", _NONE)),
        other_chunks=_name_chunks(image),
        jpeg_step=sum(entries) / len(entries) if entries else 0.0,
        width_px=image.width,
        height_px=image.height,
        size_bytes=size_bytes,
        bytes_per_pixel=size_bytes / (image.width * image.height),
    )


def _name_tables(tables: Mapping[int, Sequence[int]]) -> str:
    if not tables:
        return _NONE
    key = tuple(tuple(tables[number]) for number in sorted(tables))
    return _list_qualities().get(key) or f"own {hashlib.sha256(str(key).encode()).hexdigest()[:6]}"


@cache
def _list_qualities() -> Mapping[tuple[tuple[int, ...], ...], str]:
    """Return libjpeg's name for its own tables: luma and chroma, and luma alone as in grey images."""
    names = {}
    for quality in range(1, 101):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
        with Image.open(buffer, formats=("JPEG",)) as image:
            tables = tuple(tuple(table) for table in getattr(image, "quantization").values())  # noqa: B009
        names[tables] = names[tables[:1]] = f"quality {quality}"
    return names


def _name_subsampling(image: Image.Image) -> str:
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return _NONE
    return _SUBSAMPLINGS.get(JpegImagePlugin.get_sampling(image), "other")


def _name_chunks(image: Image.Image) -> str:
    """Return the markers of a JPEG, the keys of what other formats carry beside the picture."""
    markers = getattr(image, "applist", None)
    found = {name for name, _ in markers} if markers else {str(key) for key in image.info} - _TOLD
    return " ".join(sorted(found)) or _NONE
