"""Pictures of a file beside the one that is looked at: pages, bursts, frames."""

from PIL import Image

from fakelens.edge_runtime.pictures.jxl_header import MOVES


def describe_others(image: Image.Image) -> str | None:
    """Return what to say of a file that holds more pictures than the opened `image`; None of most."""
    if image.format == "TIFF" and getattr(image, "is_animated", False):
        return "the first of several pictures in this file, the others are not looked at"
    if image.format == "JXL":
        return "the last frame of an animation, the others are not looked at" if image.info[MOVES] else None
    count = int(getattr(image, "n_frames", 1)) if image.format == "HEIF" else 1
    return f"the main one of {count} pictures in this file" if count > 1 else None
