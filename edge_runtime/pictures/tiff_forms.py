"""Forms of TIFF that Pillow reads wrongly, or of which it reads a preview: refused with the reason."""

from typing import Any

from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.formats import Kind, name_remedy

_BITS, _COMPRESSION, _PLANES, _SAMPLE_FORMAT = 258, 259, 284, 339
_PLAIN = 1  # not compressed
_APART = 2  # the colours, each in a plane of its own
_SIGNED = 2
_BIG_ENDIAN = b"MM"
_TWICE_TURNED = ("I", "F")  # modes whose bytes Pillow turns round after libtiff has done so
# Tags of a camera's raw file, whose first picture is a preview.
_DNG_VERSION, _SUBFILE_TYPE, _SUB_IFDS = 50706, 254, 330


def refuse_misread(image: Image.Image) -> None:
    """Close the opened TIFF `image` and raise `ImageError` where it would come out wrong, or is raw."""
    tags: Any = getattr(image, "tag_v2", {})
    if _is_raw(tags):
        image.close()
        raise ImageError(f"a {Kind.RAW} file, whose first picture is a preview: {name_remedy(Kind.RAW)}")
    bits, plain = _read_first(tags, _BITS, 1), _read_first(tags, _COMPRESSION, _PLAIN) == _PLAIN
    odd = None
    if plain and bits > 8 and _read_first(tags, _PLANES, 1) == _APART:
        odd = f"keeps colours of {bits} bits apart, without compression"
    elif bits == 8 and _read_first(tags, _SAMPLE_FORMAT, 1) == _SIGNED:
        odd = "holds numbers of 8 bits with a sign"
    elif not plain and image.mode in _TWICE_TURNED and tags.prefix == _BIG_ENDIAN:
        odd = f"holds compressed numbers of {bits} bits, their highest byte first"
    if odd is not None:
        image.close()
        raise ImageError(f"a TIFF that {odd}, which is not read here; save it as PNG or with 8 bits")


def _is_raw(tags: Any) -> bool:
    """Whether a TIFF is a camera's raw file: DNG, or a reduced picture before others (NEF, ARW, PEF)."""
    reduced = tags.get(_SUBFILE_TYPE, 0)
    return _DNG_VERSION in tags or (isinstance(reduced, int) and reduced & 1 == 1 and _SUB_IFDS in tags)


def _read_first(tags: Any, tag: int, default: int) -> int:
    """Return a whole number, or the first of several."""
    value = tags.get(tag, default)
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else default
