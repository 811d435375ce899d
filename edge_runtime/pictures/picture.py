"""A picture of a batch that need not be a file: a member of an archive, an object in a store."""

from pathlib import Path
from typing import Protocol


class Picture(Protocol):
    """Something that `Detector.check_files` takes in place of a path."""

    @property
    def name(self) -> str:
        """What results call it."""

    @property
    def size_bytes(self) -> int:
        """How large it is encoded; 0 where that is not known before it is read."""

    def read(self) -> Path | bytes:
        """Return where it lies, or its content; raises `ImageError` with the reason where neither can be."""
