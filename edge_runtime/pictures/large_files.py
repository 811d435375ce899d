"""Large files that may be no pictures for most of their length: read as far as a picture could need."""

import io
from pathlib import Path

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.decode_memory import refuse_whole

_MOST_SINGLE_READS = 5_000_000  # of one byte: by them decoders look for the next thing that they know


class LargeFile(io.BufferedReader):
    """A file that says when it is read in ways that no picture needs; decoders would go on for hours."""

    def __init__(self, path: Path) -> None:
        """Open `path`."""
        super().__init__(io.FileIO(path), 1 << 16)
        self._single_reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes; `ImageError` for all of a very large file, or one by one for too long."""
        if size == 1:
            self._single_reads += 1
            if self._single_reads > _MOST_SINGLE_READS:
                raise ImageError("damaged: nothing of a picture follows for millions of bytes")
        elif size is None or size < 0:  # as the decoders of AVIF, HEIC, WebP and JPEG XL do
            refuse_whole(self._count_left())
        return super().read(size)

    def _count_left(self) -> int:
        here = self.tell()
        end = self.seek(0, io.SEEK_END)
        self.seek(here)
        return end - here
