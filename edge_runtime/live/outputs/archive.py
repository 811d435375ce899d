"""The folder that recordings are kept in, and its limit."""

import errno
import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from fakelens.edge_runtime.files import write_atomic

_OURS = re.compile(r"\d{8}T\d{6}\.\d{3}Z-fake(-\d+)?")  # nothing else is ever removed
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Archive:
    """One folder an event, named by its UTC time; the oldest go when all are over the limit."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Create `folder` where it is missing; recordings of earlier runs count."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._limit_bytes = folder, limit_bytes
        ours = (path for path in sorted(folder.iterdir()) if _OURS.fullmatch(path.name) and path.is_dir())
        self._sizes: dict[Path, int] = {}
        for path in ours:
            for part in path.glob(".*"):  # begun by a run that was killed
                part.unlink(missing_ok=True)
            self._sizes[path] = _measure(path)

    @property
    def limit_bytes(self) -> int:
        """What all recordings may take."""
        return self._limit_bytes

    def add(self, time: datetime) -> Path:
        """Create and return the folder of an event at `time`, UTC."""
        name = f"{time:%Y%m%dT%H%M%S}.{time.microsecond // 1000:03d}Z-fake"
        path, number = self._folder / name, 1
        while path.exists():
            number += 1
            path = self._folder / f"{name}-{number}"
        path.mkdir()
        self._sizes[path] = 0
        return path

    def write(self, path: Path, content: bytes) -> None:
        """Write `content` to `path` at once or not at all; on a full disk the oldest others go."""
        while True:
            try:
                write_atomic(path, content)
            except OSError as error:
                if error.errno not in DISK_FULL or not self._remove_oldest(path.parent):
                    raise
            else:
                return

    def discard(self, path: Path) -> None:
        """Remove the event in `path`, which could not be kept."""
        shutil.rmtree(path, ignore_errors=True)
        self._sizes.pop(path, None)

    def settle(self, path: Path) -> None:
        """Take the size of an event that is written, and remove the oldest others while there is too much."""
        self._sizes[path] = _measure(path)
        while sum(self._sizes.values()) > self._limit_bytes and self._remove_oldest(path):
            pass

    def _remove_oldest(self, but: Path) -> bool:
        """Remove the oldest event other than `but`; False where there is none."""
        oldest = next((other for other in self._sizes if other != but), None)
        if oldest is None:
            return False
        self.discard(oldest)  # someone may have removed it already
        return True


def _measure(folder: Path) -> int:
    total = 0
    for path in folder.iterdir():
        with suppress(OSError):
            total += path.stat().st_size
    return total
