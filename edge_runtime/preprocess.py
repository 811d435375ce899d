"""The one way from an image file to the bytes a model sees: decode, orient, to RGB, fit.

Training, calibration, benchmarks and apps' test vectors all come through here, because a resampler is
a forensic signal: another library's "bilinear" moves pixels by several grey levels.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from fakelens.edge_runtime.contract import Fit, FitSpec, InputSpec
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.quiet import MutedWarnings
from fakelens.edge_runtime.tiles import place_tiles

ImageU8 = npt.NDArray[np.uint8]

VERSION = 1  # raise it when the bytes of any image change: caches are keyed by it
MAX_PIXELS = 100_000_000  # refuse decompression bombs before decoding; a 100-megapixel photo passes
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")  # JPEG includes the MPO of some phones
_MUTED = MutedWarnings()
_SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_TURNS: dict[object, Image.Transpose] = {  # by EXIF orientation; a file may hold anything there
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_image(source: Path | bytes) -> Image.Image:
    """Decode `source` to an upright RGB image; the first frame where there are several.

    Transparent pixels are laid over white, 16-bit grey is scaled to 8 bits, EXIF orientation is
    applied. Raises `ImageError` with the reason for whatever cannot be decoded completely.
    """
    name = "stdin" if isinstance(source, bytes) else str(source)
    try:
        with _MUTED:  # our own limit below is stricter than Pillow's warning
            stream = io.BytesIO(source) if isinstance(source, bytes) else source
            with Image.open(stream, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise ImageError(
                        f"{name}: {width} x {height} px is over the limit of {MAX_PIXELS // 10**6} "
                        "megapixels; crop it or scale it down first"
                    )
                image.load()
                return to_rgb(_turn_upright(image))
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ImageError(f"{name}: {_why_not_an_image(source, error)}") from error
    except Exception as error:  # Pillow's decoders raise many kinds
        raise ImageError(f"{name}: {_why_not_decoded(error)}") from error


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


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a decoded image of any mode in RGB, as `load_image` does."""
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode in _SIXTEEN_BIT_MODES:
        return Image.fromarray(_to_eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _turn_upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; `ImageOps.exif_transpose` rewrites EXIF too, and fails where it is odd."""
    method = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    return image if method is None else image.transpose(method)


def _to_eight_bits(grey: npt.NDArray[Any]) -> ImageU8:
    """Scale grey values of 0..65535 to 0..255; Pillow's own conversion would clip them at 255."""
    return np.clip(grey.astype(np.int64) // 257, 0, 255).astype(np.uint8)


def _why_not_decoded(error: Exception) -> str:
    if isinstance(error, IsADirectoryError):
        return "is a folder, not an image"
    if isinstance(error, OSError) and error.strerror:  # the system's word, not a decoder's
        return f"cannot be read ({error.strerror})"
    return f"cannot be decoded, damaged or incomplete ({error})"


def _why_not_an_image(source: Path | bytes, error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"over the limit of {MAX_PIXELS // 10**6} megapixels; crop it or scale it down first"
    if isinstance(source, bytes):
        return "empty input" if not source else "not an image (JPEG, PNG, WebP, BMP, TIFF, GIF)"
    if source.stat().st_size == 0:
        return "the file is empty"
    return "not an image (JPEG, PNG, WebP, BMP, TIFF, GIF), whatever its name says"
