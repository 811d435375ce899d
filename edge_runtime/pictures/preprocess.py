"""The one way from an image file to the bytes a model sees: decode, orient, to RGB, fit.

Training, calibration, benchmarks and apps' test vectors all come through here, because a resampler is
a forensic signal: another library's "bilinear" moves pixels by several grey levels.
"""

import io
import logging
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.machine.quiet import MUTED, mute_libtiff
from fakelens.edge_runtime.modelfile.contract import Fit, FitSpec, InputSpec
from fakelens.edge_runtime.pictures.colour import to_rgb as to_rgb  # part of this path
from fakelens.edge_runtime.pictures.contents import read_all, read_unless_file
from fakelens.edge_runtime.pictures.decode_memory import (
    MOST_BYTES,
    RGB_BYTES,
    bound_memory,
    count_decoding_bytes,
    reduce_jpeg,
)
from fakelens.edge_runtime.pictures.opener import open_any
from fakelens.edge_runtime.pictures.small_jpeg import SMALL_PIXELS, decode_small
from fakelens.edge_runtime.pictures.tiles import place_tiles

ImageU8 = npt.NDArray[np.uint8]

VERSION = 2  # raise it when the bytes of any image change: caches are keyed by it
MAX_MEGAPIXELS = 128  # refuse decompression bombs before decoding; a phone's 108 megapixels pass
MAX_PIXELS = MAX_MEGAPIXELS * 10**6
REGION_PIXELS = MAX_PIXELS  # larger ones are read by region, where their format allows
DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, EOFError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError),
    *(struct.error, RuntimeError, MemoryError, AttributeError, Image.DecompressionBombError),
)
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_HOLD_SEVERAL = ("TIFF", "HEIF", "JXL")
_GRID_PIXELS = 64_000_000  # of a HEIC: decoded whole, a pixel takes nine bytes
_TURNED_PIXELS = 32_000_000  # larger ones are turned by bands, not copied
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its words on odd files go to stderr
_HOLDS_ORIENTATION = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")  # in Pillow's `info`
_TURNS: dict[object, Image.Transpose] = {  # by EXIF orientation; a file may hold anything there
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, kw_only=True)
class DecodeConfig:
    """What is decoded, and what is refused."""

    max_megapixels: int = MAX_MEGAPIXELS
    strict: bool = True  # refuse a JPEG that lacks its end, though nearly all of it is there
    reserve: Callable[[int], None] | None = None  # called with the bytes that the picture will take
    # A JPEG may be decoded smaller, no side below this; never for what a model learns from or answers on: its
    # bytes are not quite those of the whole picture scaled down. 0 decodes all of it.
    least_px: int = 0


@dataclass(frozen=True, kw_only=True)
class DecodedImage:
    """An upright RGB picture, and what to know of how it came about."""

    image: Image.Image
    note: str | None = None
    animated: bool = False  # the first of several pictures over time


_STRICT = DecodeConfig()
See = Callable[[Image.Image], None]  # is given what was decoded, before it is turned or made opaque


def load_image(source: Path | bytes) -> Image.Image:
    """Decode `source` to an upright RGB image; the first frame where there are several.

    Transparent pixels are laid over white, deep grey is scaled to 8 bits, EXIF orientation is
    applied. Raises `ImageError` with the reason for whatever cannot be decoded completely.
    """
    return decode_image(source, _STRICT).image


def decode_image(
    source: Path | bytes,
    config: DecodeConfig,
    content: bytes | None = None,
    see: See | None = None,
    widths: Sequence[int] = (),
) -> DecodedImage:
    """Decode `source` as `load_image` does, within the bounds of `config`.

    `content` are the bytes of the file `source`, where they were read already. `widths` are those to which
    the picture will be resized: one that is read by region is decoded once for all of them.
    """
    small = None if content is None else decode_small(content)
    if small is not None:
        if see is not None:
            see(small)
        return DecodedImage(image=small)
    try:
        stream: Path | BinaryIO
        if isinstance(source, bytes):
            content, stream = source, io.BytesIO(source)
        else:
            content = read_unless_file(source) if content is None else content
            stream = source if content is None else io.BytesIO(content)
        with MUTED:  # our own limit below is stricter than Pillow's warning
            whole = _decode(stream, config, see, widths)
            return _decode_without_end(stream, config) if whole is None else whole
    except Exception as error:  # Pillow's decoders raise many kinds
        from fakelens.edge_runtime.pictures.refusal import explain  # here, so that starting does without it

        raise explain(source, error, config.max_megapixels, content) from error


def _decode(
    source: Path | BinaryIO, config: DecodeConfig, see: See | None, widths: Sequence[int]
) -> DecodedImage | None:
    """Return the picture; None for a JPEG that lacks its end, where `config` lets it pass."""
    with open_image(source, config) as image:
        if _is_for_regions(image):
            from fakelens.edge_runtime.pictures.regions.opening import open_regions  # rare, and long to load

            regions = open_regions(source, image, widths)
            if regions is not None:
                return DecodedImage(image=regions, note=_describe_others(image))
        note = bound_memory(image) or _describe_others(image)
        if config.least_px:
            reduce_jpeg(image, config.least_px)
        try:
            image.load()
        except OSError as error:
            if config.strict or image.format not in ("JPEG", "MPO") or "truncated" not in str(error):
                raise
            return None
        if image.format == "PNG":
            from fakelens.edge_runtime.pictures.png_forms import refuse_short

            refuse_short(image, source)
        if see is not None:
            see(image)
        return DecodedImage(image=to_upright_rgb(image), note=note, animated=_is_animated(image))


def _is_for_regions(image: Image.Image) -> bool:
    """Whether to read `image` by region, where its format allows: the same pixels in less memory."""
    width, height = image.size
    pixels = width * height
    if image.format == "HEIF":  # its tiles are kept as they are decoded
        return min(_GRID_PIXELS, REGION_PIXELS) < pixels and pixels * RGB_BYTES <= MOST_BYTES
    return pixels > REGION_PIXELS


def open_image(source: Path | BinaryIO, config: DecodeConfig = _STRICT) -> Image.Image:
    """Open a picture of any kind that this installation decodes; its size is checked before a pixel is read.

    Raises `ImageError`, or what Pillow raises, without the name of `source`.
    """
    if config.max_megapixels > MAX_MEGAPIXELS:
        Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is below it; ours holds for every picture
    image = open_any(source)
    width, height = image.size
    if width * height > config.max_megapixels * 10**6:
        image.close()
        from fakelens.edge_runtime.pictures.refusal import SMALLER

        raise ImageError(
            f"{width} x {height} px is over the limit of {config.max_megapixels} megapixels; {SMALLER}"
        )
    if image.format == "TIFF":
        from fakelens.edge_runtime.pictures.tiff_forms import refuse_misread  # here, as few are TIFF

        mute_libtiff()
        refuse_misread(image)
    elif image.format == "PNG" and "transparency" in image.info:
        from fakelens.edge_runtime.pictures.png_forms import reduce_transparent

        reduce_transparent(image)
    # To count the bytes of small pictures takes a part of their time.
    if config.reserve is not None and width * height > SMALL_PIXELS:
        config.reserve(count_decoding_bytes(image))
    return image


def _describe_others(image: Image.Image) -> str | None:
    if image.format not in _HOLD_SEVERAL:
        return None
    from fakelens.edge_runtime.pictures.others import describe_others

    return describe_others(image)


def _is_animated(image: Image.Image) -> bool:
    try:
        return image.format in _ANIMATED and bool(getattr(image, "is_animated", False))
    except DECODER_ERRORS:  # the first picture is there, whatever follows
        return False


def _decode_without_end(source: Path | BinaryIO, config: DecodeConfig) -> DecodedImage:
    """Decode a JPEG that lacks its end; raises `ImageError` where that is more than a little."""
    from fakelens.edge_runtime.pictures.jpeg_end import (
        END,
        MOST_MISSING,
        count_complete_rows,
        has_all_scans,
    )

    content = read_all(source)
    with open_image(io.BytesIO(content + END), config) as image:
        reduced = bound_memory(image)
        image.load()
        height = image.height
        rows = count_complete_rows(image)
        if rows < (1 - MOST_MISSING) * height or not has_all_scans(content):
            raise ImageError("damaged or incomplete: too much of the end of this JPEG is missing")
        note = "the end of the file is missing"
        if rows < height:
            note += f", and {height - rows} of {height} rows with it"
        note = note if reduced is None else f"{note}; {reduced}"
        return DecodedImage(image=to_upright_rgb(image, rows), note=note)


def fit_image(image: Image.Image, spec: FitSpec) -> ImageU8:
    """Return the bytes of `image` as the model sees them: uint8 [tiles, size, size, 3], RGB.

    With `Fit.RESIZE` that is one: Pillow's bilinear filter with its support widened on reduction
    (antialiased). With `Fit.TILES` see `tiles.place_tiles`; nothing is resized.
    """
    if spec.fit is Fit.TILES:
        return cut_tiles(image, place_tiles(*image.size, spec), spec.size)
    if image.size != (spec.size, spec.size):
        image = image.resize((spec.size, spec.size), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)[None]


def fit_views(image: Image.Image, spec: InputSpec) -> tuple[ImageU8, ...]:
    """Return what each view of the model sees of `image`, by `fit_image`; one where `spec` lists none."""
    return tuple(fit_image(image, view) for view in spec.views or (spec,))


def cut_tiles(image: Image.Image, places: Sequence[tuple[int, int]], size: int) -> ImageU8:
    """Return the tiles of `image` whose left and top are in `places`: uint8 [n, size, size, 3].

    What lies beyond the right or lower edge is the image mirrored there, edge pixels repeated.
    """
    if min(image.size) < size:
        width, height = image.size
        beyond = ((0, max(0, size - height)), (0, max(0, size - width)), (0, 0))
        image = Image.fromarray(np.pad(np.asarray(image), beyond, mode="symmetric"))
    tiles = np.empty((len(places), size, size, 3), np.uint8)
    for row, (left, top) in enumerate(places):  # one by one: most of a large photo is never copied
        tiles[row] = np.asarray(image.crop((left, top, left + size, top + size)))
    return tiles


def to_upright_rgb(image: Image.Image, rows: int | None = None) -> Image.Image:
    """Return a decoded picture, or its first `rows`, in RGB with its EXIF orientation applied.

    `ImageOps.exif_transpose` rewrites EXIF too, and fails where it is odd.
    """
    method = _find_turn(image)
    rgb = to_rgb(image)
    if rows is not None and rows < rgb.height:
        rgb = rgb.crop((0, 0, rgb.width, rows))
    if method is None:
        return rgb
    if rgb.width * rgb.height > _TURNED_PIXELS:
        from fakelens.edge_runtime.pictures.regions.image import RegionImage
        from fakelens.edge_runtime.pictures.regions.turned import TurnedRows

        return RegionImage(TurnedRows(rgb, method))
    return rgb.transpose(method)


def _find_turn(image: Image.Image) -> Image.Transpose | None:
    """Return how to turn a decoded picture upright, by its EXIF orientation."""
    if image.format == "JXL":  # its plugin turns by the file's own field, which overrules EXIF there
        return None
    if image.format == "JPEG" and image.info.keys().isdisjoint(_HOLDS_ORIENTATION):
        return None  # what `getexif` would find out by a dozen steps, of a small picture a part of its time
    return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
