"""Pictures as bytes, for pages, streams and files."""

import io
from collections.abc import Mapping

from PIL import Image
from PIL.PngImagePlugin import PngInfo


def encode_png(image: Image.Image, texts: Mapping[str, str] | None = None) -> bytes:
    """Return `image` as PNG, with `texts` by their keywords."""
    buffer = io.BytesIO()
    info = PngInfo()
    for key, text in (texts or {}).items():
        info.add_text(key, text)
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def encode_jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """Return the RGB `image` as JPEG, good enough for the eye."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
