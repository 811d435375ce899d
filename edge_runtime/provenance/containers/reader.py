"""One reader of containers: from an image file, whatever its name, to the parts that may speak."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

from fakelens.edge_runtime.provenance.containers.parts import (
    BIG_TIFF_HEADS,
    GIF_HEADS,
    JPEG_HEAD,
    JXL_HEAD,
    PNG_HEAD,
    TIFF_HEADS,
    Part,
)
from fakelens.edge_runtime.provenance.containers.window import Window

_MOST_PARTS = 5_000  # of one file; a file has a handful
_MOST_BYTES = 16 << 20  # of all parts that are returned, inflated
_MOST_INFLATED_BYTES = 128 << 20  # of all parts, those that are too large for the rest among them


def read_parts(stream: BinaryIO) -> list[Part]:
    """Return the parts of the image file `stream`, which must be seekable; none where it is no image.

    Reads a bounded number of bytes, in a bounded number of steps; no length in the file is trusted.
    """
    window = Window(stream)
    read = _choose_reader(window.read(0, 16))
    parts: list[Part] = []
    bytes_left, inflated_bytes = _MOST_BYTES, 0
    for part in islice(read(window), _MOST_PARTS) if read else ():
        inflated_bytes += len(part.data)
        if inflated_bytes > _MOST_INFLATED_BYTES:
            break
        if len(part.data) <= bytes_left:  # texts may inflate to much more than the file
            bytes_left -= len(part.data)
            parts.append(part)
    return parts


def has_reader(head: bytes) -> bool:
    """Whether a file that begins with `head` is one whose parts are read."""
    return _choose_reader(head) is not None


def _choose_reader(head: bytes) -> Callable[[Window], Iterator[Part]] | None:
    """Return what reads a file that begins with `head`; a reader is loaded where there is such a file."""
    if head.startswith(JPEG_HEAD):
        from fakelens.edge_runtime.provenance.containers.jpeg import read_jpeg

        return read_jpeg
    if head.startswith(PNG_HEAD):
        from fakelens.edge_runtime.provenance.containers.png import read_png

        return read_png
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        from fakelens.edge_runtime.provenance.containers.webp import read_webp

        return read_webp
    if head.startswith(GIF_HEADS):
        from fakelens.edge_runtime.provenance.containers.gif import read_gif

        return read_gif
    if head.startswith(TIFF_HEADS + BIG_TIFF_HEADS):
        from fakelens.edge_runtime.provenance.containers.tiff import read_tiff

        return read_tiff
    if head[4:8] == b"ftyp":
        from fakelens.edge_runtime.provenance.containers.bmff import read_bmff

        return read_bmff
    if head.startswith(JXL_HEAD):
        from fakelens.edge_runtime.provenance.containers.jxl import read_jxl

        return read_jxl
    return None
