"""A folder of images as a stream: those that lie there, and with `follow` those that come later."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.pictures.contents import read_whole
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image
from fakelens.edge_runtime.pictures.sources import scan_folder, walk_images
from fakelens.edge_runtime.provenance.evidence import Evidence
from fakelens.edge_runtime.provenance.inspection import Inspection

_POLL_S = 0.5  # from look to look
_SETTLED = 2  # looks at which a new file has one size: whoever writes it is done
_log = logging.getLogger(__name__)


class FolderStream:
    """The images of a folder, one after the other."""

    interval_s = 3600.0  # an hour each on the source's clock: unrelated pictures, so nothing is smoothed

    def __init__(self, paths: Iterator[Path], stop: threading.Event | None = None) -> None:
        """`stop` ends the wait inside `paths`, where they come as they are written."""
        self._paths, self._stop = paths, stop
        self.current = ""  # the name of the picture that was read last
        self.evidence: tuple[Evidence, ...] = ()  # what its file says of itself

    def read(self) -> Image.Image | None:
        """Return the next image; one that cannot be decoded is logged and left out."""
        for path in self._paths:
            try:
                content = read_whole(path)
                inspection = Inspection(path, content)
                image = decode_image(path, DecodeConfig(), content, inspection.see).image
            except ImageError as error:
                _log.warning("%s", error)
            else:
                self.current, self.evidence = str(path), inspection.conclude()
                return image
        return None

    def stop_waiting(self) -> None:
        """End a wait for new pictures; from any thread."""
        if self._stop is not None:
            self._stop.set()

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """Every image below a folder, sorted, each once; with `follow` also those that are put there later."""

    folder: Path
    follow: bool = False
    live: bool = False
    remote: bool = False

    @property
    def name(self) -> str:
        """The path."""
        return str(self.folder)

    @property
    def patient(self) -> bool:
        """Whether a long time without a frame is as it should be."""
        return self.follow

    def open(self) -> FolderStream:
        """List the images; `UsageError` where there are none and none are waited for."""
        if self.follow:
            stop = threading.Event()
            return FolderStream(_follow(self.folder, stop), stop)
        paths = list(walk_images(self.folder))
        if not paths:
            raise UsageError(f"{self.folder}: no images in this folder")
        return FolderStream(iter(paths))


def _follow(folder: Path, stop: threading.Event) -> Iterator[Path]:
    """Yield each image below `folder` once, new and rewritten ones as soon as they have stopped growing."""
    known: dict[Path, tuple[int, int]] = {}  # size and time of what was yielded
    growing: dict[Path, tuple[tuple[int, int], int]] = {}  # likewise, and at how many looks it was so
    told: set[str] = set()
    first = True
    while not stop.is_set():
        found = scan_folder(folder)
        for line in sorted(set(found.left_out.unreadable) - told):
            told.add(line)
            _log.warning("%s", line)
        stamps = {path: stamp for path in found.paths if (stamp := _stamp(path)) is not None}
        known = {path: stamp for path, stamp in known.items() if path in stamps}
        for path, stamp in stamps.items():
            if known.get(path) == stamp:
                continue
            before, looks = growing.pop(path, (stamp, 0))
            looks = looks + 1 if before == stamp else 1
            if first or looks >= _SETTLED:
                known[path] = stamp
                yield path
            else:
                growing[path] = stamp, looks
        first = False
        stop.wait(_POLL_S)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return size and time of change; None where the file has gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
