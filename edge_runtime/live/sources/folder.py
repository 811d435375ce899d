"""A folder of images as a stream: those that lie there, and with `follow` those that come later."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.pictures.contents import read_whole
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image
from fakelens.edge_runtime.pictures.sources import LeftOut, describe_nothing, scan_folder
from fakelens.edge_runtime.provenance.evidence import Evidence
from fakelens.edge_runtime.provenance.inspection import Inspection

_POLL_S = 0.5  # from look to look
_SETTLED = 2  # looks at which a new file has one size: whoever writes it is done
_LENIENT = DecodeConfig(strict=False)  # as `check` has it
_FIRST_OF_ANIMATION = "the first picture of an animation; `fakelens check` looks at the others too"
_log = logging.getLogger(__name__)


class FolderStream:
    """The images of a folder, one after the other."""

    interval_s = 3600.0  # an hour each on the source's clock: unrelated pictures, so nothing is smoothed

    def __init__(
        self, folder: Path, paths: Iterator[Path], *, left_out: int = 0, stop: threading.Event | None = None
    ) -> None:
        """`left_out` are those of the folder that got no answer beforehand.

        `stop` ends the wait inside `paths`, where they come as they are written.
        """
        self._folder, self._paths, self._stop = folder, paths, stop
        self._files = self._failures = left_out
        self.current = ""  # the name of the picture that was read last
        self.note: str | None = None  # what to know of how it was read
        self.evidence: tuple[Evidence, ...] = ()  # what its file says of itself

    def read(self) -> Image.Image | None:
        """Return the next image; one that cannot be decoded is logged and left out.

        Raises `UsageError` at the end of a folder in which a picture got no answer.
        """
        for path in self._paths:
            self._files += 1
            try:
                content = read_whole(path)
                inspection = Inspection(path, content)
                decoded = decode_image(path, _LENIENT, content, inspection.see)
            except ImageError as error:
                self._failures += 1
                _warn(str(error))
            else:
                self.current, self.evidence = str(path), inspection.conclude()
                self.note = _FIRST_OF_ANIMATION if decoded.animated else decoded.note
                if self.note is not None:
                    _warn(f"note: {path}: {self.note}")
                return decoded.image
        if self._failures and self._stop is None:
            raise UsageError(f"{self._folder}: {self._failures} of {self._files} pictures got no answer")
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
            return FolderStream(self.folder, _follow(self.folder, stop), stop=stop)
        found = scan_folder(self.folder)
        left_out = found.left_out
        if not found.paths:
            raise UsageError(f"{self.folder}: {describe_nothing(left_out)}{_advise(left_out)}")
        for line in _list_left_out(self.folder, left_out):
            _warn(line)
        unanswered = left_out.total - left_out.others - left_out.videos
        return FolderStream(self.folder, iter(found.paths), left_out=unanswered)


def _list_left_out(folder: Path, left_out: LeftOut) -> list[str]:
    """Return a line for each file that cannot be read, and one with the counts."""
    counts = [f"note: {folder}: left out: {left_out}{_advise(left_out)}"] if left_out.total else []
    return [*left_out.unreadable, *counts]


def _advise(left_out: LeftOut) -> str:
    return " (give --source a video by its own name)" if left_out.videos else ""


def _follow(folder: Path, stop: threading.Event) -> Iterator[Path]:
    """Yield each image below `folder` once, new and rewritten ones as soon as they have stopped growing."""
    known: dict[Path, tuple[int, int]] = {}  # size and time of what was yielded
    growing: dict[Path, tuple[tuple[int, int], int]] = {}  # likewise, and at how many looks it was so
    told: set[str] = set()
    first = True
    while not stop.is_set():
        found = scan_folder(folder)
        # Of no images the first count will do: another program may put a text beside each picture.
        left_out = found.left_out if first else replace(found.left_out, others=0)
        for line in _list_left_out(folder, left_out):
            if line not in told:
                told.add(line)
                _warn(line)
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


def _warn(line: str) -> None:
    _log.warning("%s", escape_line(line))  # a name may hold a line of its own


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return size and time of change; None where the file has gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
