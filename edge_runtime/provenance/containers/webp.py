"""The parts of a WebP file: the chunks of its RIFF container."""

from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind
from fakelens.edge_runtime.provenance.containers.window import Window

_KINDS = {b"EXIF": PartKind.EXIF, b"XMP ": PartKind.XMP, b"C2PA": PartKind.C2PA}


def read_webp(window: Window) -> Iterator[Part]:
    """Yield the parts of a WebP file."""
    at = 12
    while window.take_step():
        head = window.read(at, 8)
        if len(head) < 8:
            return
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if name in _KINDS:
            where = f"WebP chunk {name.decode().strip()} at byte {at}"
            data = window.read(at + 8, length).removeprefix(b"Exif\0\0")
            yield Part(kind=_KINDS[name], data=data, where=where)
        at += 8 + length + length % 2
