"""Pictures as bytes, for pages, streams and files."""

import io

from PIL import Image


def encode_png(image: Image.Image) -> bytes:
    """Return `image` as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """Return the RGB `image` as JPEG, good enough for the eye."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
