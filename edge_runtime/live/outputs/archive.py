"""The folder that recordings are kept in, and its limit."""

import re
import shutil
from datetime import datetime
from pathlib import Path

_OURS = re.compile(r"\d{8}T\d{6}\.\d{3}Z-fake(-\d+)?")  # nothing else is ever removed


class Archive:
    """One folder an event, named by its UTC time; the oldest go when all are over the limit."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Create `folder` where it is missing; recordings of earlier runs count."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._limit_bytes = folder, limit_bytes
        ours = (path for path in sorted(folder.iterdir()) if _OURS.fullmatch(path.name) and path.is_dir())
        self._sizes = {path: _measure(path) for path in ours}

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

    def settle(self, path: Path) -> None:
        """Take the size of an event that is written, and remove the oldest others while there is too much."""
        self._sizes[path] = _measure(path)
        for oldest in [other for other in self._sizes if other != path]:
            if sum(self._sizes.values()) <= self._limit_bytes:
                return
            shutil.rmtree(oldest, ignore_errors=True)  # someone may have removed it already
            del self._sizes[oldest]


def _measure(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
