"""Three fixed tiers of delivery, the changes that the web makes to pictures; for measuring, never random."""

import io
from enum import StrEnum

from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import load_image

_WEB_PX, _WEB_JPEG = 720, 70
_HARD_PX, _HARD_WEBP, _HARD_JPEG = 512, 60, 50
_HALF_CHROMA = 2  # 4:2:0
_WEBP_EFFORT = 4  # Pillow's default, written out: another one gives other bytes


class Tier(StrEnum):
    """How hard a picture's way was."""

    CLEAN = "clean"  # as found
    WEB = "web"  # longer side at most 720 px, JPEG 70
    HARD = "hard"  # longer side at most 512 px, WebP 60, then JPEG 50


def deliver(image: Image.Image, tier: Tier | str) -> Image.Image:
    """Return the RGB `image` as it arrives; it is never enlarged. `ValueError` for an unknown tier."""
    match Tier(tier):
        case Tier.CLEAN:
            return image
        case Tier.WEB:
            return _through_jpeg(_scale_down(image, _WEB_PX), _WEB_JPEG)
        case Tier.HARD:
            return _through_jpeg(_through_webp(_scale_down(image, _HARD_PX), _HARD_WEBP), _HARD_JPEG)


def _scale_down(image: Image.Image, longer_px: int) -> Image.Image:
    scale = longer_px / max(image.size)
    if scale >= 1.0:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=_HALF_CHROMA)
    return load_image(buffer.getvalue())


def _through_webp(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=_WEBP_EFFORT)
    return load_image(buffer.getvalue())
