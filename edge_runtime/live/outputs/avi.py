"""A video file from JPEG frames, written as they come: Motion JPEG in AVI, which every player knows."""

import struct
from pathlib import Path

_HAS_INDEX = 0x10  # flags of AVI
_KEY_FRAME = 0x10


class AviWriter:
    """Appends JPEG frames of one size to a new file; memory holds their lengths alone."""

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        """Create `path` for frames of `width` x `height` px, `fps` a second."""
        self._size, self._fps = (width, height), fps
        self._lengths: list[int] = []
        self._file = path.open("wb")
        self._file.write(self._make_head())

    def add(self, jpeg: bytes) -> None:
        """Append one frame."""
        self._file.write(_chunk(b"00dc", jpeg))
        self._lengths.append(len(jpeg))

    def close(self) -> None:
        """Write the index, and the counts into the head."""
        try:
            offset, index = 4, b""  # from the word `movi`
            for length in self._lengths:
                index += struct.pack("<4sIII", b"00dc", _KEY_FRAME, offset, length)
                offset += 8 + length + length % 2
            self._file.write(_chunk(b"idx1", index))
            self._file.seek(0)
            self._file.write(self._make_head())
        finally:
            self._file.close()

    def _make_head(self) -> bytes:
        width, height = self._size
        frames, longest = len(self._lengths), max(self._lengths, default=0)
        frame_us = round(1e6 / self._fps)
        main = struct.pack(
            "<14I", frame_us, 0, 0, _HAS_INDEX, frames, 0, 1, longest, width, height, 0, 0, 0, 0
        )
        stream = struct.pack(
            "<4s4sIHHIIIIIIII4H",
            *(b"vids", b"MJPG", 0, 0, 0, 0, frame_us, 1_000_000, 0, frames, longest, 0xFFFFFFFF, 0),
            *(0, 0, width, height),
        )
        picture = struct.pack(
            "<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0
        )
        lists = _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", picture))
        header = _list(b"hdrl", _chunk(b"avih", main) + lists)
        movie = 4 + sum(8 + length + length % 2 for length in self._lengths)
        total = 4 + len(header) + 8 + movie + 8 + 16 * frames
        return (
            struct.pack("<4sI4s", b"RIFF", total, b"AVI ")
            + header
            + struct.pack("<4sI4s", b"LIST", movie, b"movi")
        )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)


def _list(name: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", name + content)
