"""Small plain JPEGs by Pillow's decoder alone: what `Image.open` does around it is a part of their time."""

import struct

from PIL import Image

from fakelens.edge_runtime.pictures.jpeg_end import END

SMALL_PIXELS = 512 * 512
_MOST_BYTES = 1 << 16  # which Pillow would give its decoder in one piece, too
_START = b"\xff\xd8\xff"
_FRAMES = frozenset({0xFFC0, 0xFFC1, 0xFFC2})  # baseline, extended, progressive
_SCAN = 0xFFDA
# Tables, the restart interval, comments: the decoder reads them, and nobody else wants them.
_PLAIN = frozenset({0xFFC4, 0xFFDB, 0xFFDD, 0xFFFE})
_NAMED = frozenset({0xFFE0, 0xFFEE})  # JFIF and Adobe: no turn, no second picture
_LEAST_NAMED = 14  # bytes of either, below which Pillow refuses it
_BITS_AND_LAYERS = (8, 3)


def decode_small(content: bytes) -> Image.Image | None:
    """Return the RGB picture of a small JPEG that needs no turn, with the pixels of `Image.open`.

    None for all else, and for what is damaged: the usual way decodes it, or says why not.
    """
    if len(content) > _MOST_BYTES or not content.startswith(_START) or not content.endswith(END):
        return None
    try:
        size = _find_size(content)
        return None if size is None else Image.frombytes("RGB", size, content, "jpeg", "RGB", "")
    except (struct.error, ValueError):  # cut, or no data of a JPEG
        return None


def _find_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height, px, of a plain JPEG by its header; None where there is more in it."""
    place, size = len(_START) - 1, None
    while True:
        marker, length = struct.unpack_from(">HH", content, place)
        if marker == _SCAN:
            return size
        if marker in _FRAMES and size is None:
            bits, height, width, layers = struct.unpack_from(">BHHB", content, place + 4)
            if (bits, layers) != _BITS_AND_LAYERS or not 0 < width * height <= SMALL_PIXELS:
                return None
            size = width, height
        elif marker not in _PLAIN and (marker not in _NAMED or length < _LEAST_NAMED):
            return None
        if length < 2:
            return None
        place += 2 + length
