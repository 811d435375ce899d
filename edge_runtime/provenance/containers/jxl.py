"""The parts of a JPEG XL file: the boxes of its container. A bare stream has none."""

from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.bmff import walk_boxes
from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind
from fakelens.edge_runtime.provenance.containers.window import Window

_KINDS = {b"xml ": PartKind.XMP, b"Exif": PartKind.EXIF, b"jumb": PartKind.C2PA}
_COMPRESSED = b"brob"  # by Brotli, for which there is no reader here; begins with the name of what it was


def read_jxl(window: Window) -> Iterator[Part]:
    """Yield the parts of a JPEG XL container; those that are compressed are left out."""
    for box in walk_boxes(window):
        if box.name not in _KINDS:
            continue
        where = f"box {box.name.decode('latin-1').strip()} at byte {box.at}"
        start = box.at if box.name == b"jumb" else box.start  # with its head it is a box of the manifests
        data = window.read(start, box.end - start)
        if box.name == b"Exif":  # its first number says where the TIFF structure begins
            data = data[4 + int.from_bytes(data[:4], "big") :]
        yield Part(kind=_KINDS[box.name], data=data, where=where)


def has_compressed_parts(window: Window) -> bool:
    """Whether a part of a JPEG XL container is compressed, and so not read."""
    return any(box.name == _COMPRESSED and window.read(box.start, 4) in _KINDS for box in walk_boxes(window))
