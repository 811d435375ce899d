"""Reads a file here and there, never more than a bound, whatever lengths the file declares."""

import io
from typing import BinaryIO

MOST_BYTES = 32 << 20  # read of one file, all parts together
MOST_PART_BYTES = 8 << 20  # of one part; manifests with thumbnails take a few megabytes
MOST_STEPS = 50_000  # segments, chunks, blocks or boxes of one file


class Window:
    """A seekable file of which at most `MOST_BYTES` are read; beyond the bound it looks like its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._content = stream.getvalue() if type(stream) is io.BytesIO else None  # of bytes no copy is made
        self.size_bytes = stream.seek(0, io.SEEK_END)
        self._bytes_left = MOST_BYTES
        self._steps_left = MOST_STEPS

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset` on: fewer at the end or when the bound is reached."""
        length = min(length, self._bytes_left, MOST_PART_BYTES)
        if offset < 0 or offset >= self.size_bytes or length <= 0:
            return b""
        self._bytes_left -= length
        if self._content is not None:
            return self._content[offset : offset + length]
        self._stream.seek(offset)
        return self._stream.read(length)

    def take_step(self) -> bool:
        """Count a step through the file; False when there were too many."""
        self._steps_left -= 1
        return self._steps_left >= 0
