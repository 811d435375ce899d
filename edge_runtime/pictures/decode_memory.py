"""What decoding takes, known before it begins: what takes too much is read smaller, or refused."""

import math
from typing import TYPE_CHECKING

from PIL import Image

from fakelens.edge_runtime.errors import ImageError

if TYPE_CHECKING:
    from PIL.JpegImagePlugin import JpegImageFile

MOST_BYTES = 1_350_000_000  # for one picture, beside the hundred megabytes of everything else
RGB_BYTES = 4  # of a pixel, as Pillow keeps it
_KEPT_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}  # of a pixel of other modes; 4 of the rest
# Of a pixel, at the highest point of decoding, what a decoder keeps beside Pillow's own.
_DECODER_BYTES: dict[str | None, float] = {"WEBP": 12, "AVIF": 7.5, "HEIF": 5, "JXL": 12}
_COEFFICIENT_BYTES = 2
_MOST_AT_ONCE_BYTES = 256 << 20  # of an encoded picture
_MOST_PIXEL_BYTES = RGB_BYTES + max(_DECODER_BYTES.values()) + 4 * _COEFFICIENT_BYTES  # of four layers
_SCALES = (2, 4, 8)  # by which libjpeg reduces as it decodes


def count_decoding_bytes(image: Image.Image) -> int:
    """Return about how much memory the opened `image` takes at most until it is RGB."""
    width, height = image.size
    mode = image.mode
    kept = _KEPT_BYTES.get(mode, RGB_BYTES)
    decoding = kept + _DECODER_BYTES.get(image.format, 0.0) + _count_coefficients(image) * _COEFFICIENT_BYTES
    converting = kept + (0 if mode == "RGB" else RGB_BYTES)
    return round(width * height * max(decoding, converting))


def bound_memory(image: Image.Image) -> str | None:
    """Make sure that the opened `image` can be decoded in bounded memory; return what to tell of it.

    A very large JPEG is reduced to a half, a quarter or an eighth as it is decoded. Raises `ImageError` for
    anything else that is too large.
    """
    width, height = image.size
    if width * height * _MOST_PIXEL_BYTES <= MOST_BYTES:  # nothing to count, as of nearly every picture
        return None
    size_bytes = count_decoding_bytes(image)
    if size_bytes <= MOST_BYTES:
        return None
    if _as_jpeg(image) is not None:
        whole_bytes = _count_coefficients(image) * _COEFFICIENT_BYTES * width * height
        for scale in _SCALES:
            if whole_bytes + (size_bytes - whole_bytes) / scale**2 <= MOST_BYTES:
                image.draft(None, (width // scale, height // scale))
                return f"its {width} x {height} px are too many at once: read at 1/{scale} of the size"
    raise _over_limit(image.size, image.format, size_bytes)


def refuse_size(size: tuple[int, int], kind: str) -> None:
    """Raise `ImageError` where an RGB picture of this size and format of Pillow's takes too much memory."""
    size_bytes = round(math.prod(size) * (RGB_BYTES + _DECODER_BYTES.get(kind, 0.0)))
    if size_bytes > MOST_BYTES:
        raise _over_limit(size, kind, size_bytes)


def refuse_whole(size_bytes: int) -> None:
    """Raise `ImageError` where so much of an encoded picture is not to be read at once."""
    if size_bytes > _MOST_AT_ONCE_BYTES:
        raise ImageError(
            f"has {size_bytes / 1e9:.1f} GB, which would be read at once; over the limit of "
            f"{_MOST_AT_ONCE_BYTES / 1e9:.1f} GB: save it smaller first"
        )


def _over_limit(size: tuple[int, int], kind: str | None, size_bytes: int) -> ImageError:
    return ImageError(
        f"{size[0]} x {size[1]} px of {kind} take about {size_bytes / 1e9:.1f} GB to decode, over the "
        f"limit of {MOST_BYTES / 1e9:.1f} GB; scale it down first"
    )


def reduce_jpeg(image: Image.Image, least_px: int) -> None:
    """Let the opened `image`, where it is a JPEG, be decoded at 1/2, 1/4 or 1/8 of its size.

    No side falls below `least_px`. Of a large photo this takes a fifth of the time.
    """
    if _as_jpeg(image) is not None:
        image.draft(None, (least_px, least_px))


def _count_coefficients(image: Image.Image) -> float:
    """Return how many numbers of a pixel a JPEG keeps until its last scan; 0 where rows come one by one."""
    jpeg = _as_jpeg(image)
    if jpeg is None or not jpeg.info.get("progressive"):
        return 0.0
    layers = [(across, down) for _, across, down, _ in jpeg.layer]
    most = max(across for across, _ in layers) * max(down for _, down in layers)
    return sum(across * down for across, down in layers) / max(1, most)


def _as_jpeg(image: Image.Image) -> "JpegImageFile | None":
    """Return `image` where it is a JPEG; what knows them is loaded by then, and starting does without it."""
    if image.format not in ("JPEG", "MPO"):
        return None
    from PIL.JpegImagePlugin import JpegImageFile

    return image if isinstance(image, JpegImageFile) else None
