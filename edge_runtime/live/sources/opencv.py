"""Cameras, streams and video files, by way of OpenCV."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fakelens.edge_runtime.errors import CameraError, ImageError, UsageError
from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.live.source import Resolution
from fakelens.edge_runtime.live.sources.url import find_rare_scheme
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.pictures.video.clock import read_header
from fakelens.edge_runtime.pictures.video.reader import MOST_FAILURES, open_capture
from fakelens.edge_runtime.pictures.video.still import REMEDY
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.redact import redact_url

if TYPE_CHECKING:
    import cv2

_OPEN_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 10.0
_log = logging.getLogger(__name__)


class OpenCVStream:
    """One open `cv2.VideoCapture` of something live."""

    interval_s: float | None = None  # nobody knows when the next one comes

    def __init__(self, capture: "cv2.VideoCapture", broken: str) -> None:
        """`broken` is what a read without a frame means."""
        self._capture, self._broken = capture, broken

    def read(self) -> ImageU8 | None:
        """Return the next frame, uint8 BGR; `CameraError` where a camera or stream gives none."""
        found, pixels = self._capture.read()  # False also while isOpened() is true: opencv-python #719
        if found and pixels is not None and pixels.size:
            return _to_colour(np.asarray(pixels, np.uint8))
        raise CameraError(self._broken)

    def close(self) -> None:
        """Release the device or connection."""
        self._capture.release()


@dataclass(frozen=True, kw_only=True)
class CameraSource:
    """A camera of this machine, by number or device path."""

    device: int | str
    resolution: Resolution | None = None
    live: bool = True
    remote: bool = False

    @property
    def name(self) -> str:
        """The number or path."""
        return str(self.device)

    def open(self) -> OpenCVStream:
        """Open the camera at the resolution it was asked for, or at the nearest one that it has."""
        cv2 = load_cv2()
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        capture = _open(lambda: cv2.VideoCapture(self.device, backend))
        if capture is None:
            raise CameraError(
                f"camera {self.name}: it is not there, or another program has it; "
                "`fakelens watch --list` shows the cameras, --source names another"
            )
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest frame counts
        if self.resolution is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self.resolution.width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self.resolution.height)
        return OpenCVStream(capture, f"camera {self.name}: it is open but gives no frame")


@dataclass(frozen=True, kw_only=True)
class StreamSource:
    """A stream over the network: rtsp://, http:// and what else FFmpeg knows."""

    url: str
    open_timeout_s: float = _OPEN_TIMEOUT_S
    read_timeout_s: float = _READ_TIMEOUT_S
    live: bool = True
    remote: bool = True

    @property
    def name(self) -> str:
        """The URL without credentials."""
        return redact_url(self.url)

    def open(self) -> OpenCVStream:
        """Connect within `open_timeout_s`; later reads end within `read_timeout_s`."""
        cv2 = load_cv2()
        times = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: self.open_timeout_s,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: self.read_timeout_s,
        }
        settings = [value for key, seconds in times.items() for value in (key, round(seconds * 1e3))]
        capture = _open(lambda: cv2.VideoCapture(self.url, cv2.CAP_FFMPEG, settings))
        if capture is None:
            rare = find_rare_scheme(self.url)
            more = f", and that your OpenCV reads {rare}://, which not every one does" if rare else ""
            raise CameraError(f"{self.name}: no connection; check address, credentials and network{more}")
        return OpenCVStream(capture, f"{self.name}: the stream broke off")


@dataclass(frozen=True, kw_only=True)
class VideoSource:
    """A video file: every frame, in order."""

    path: Path
    live: bool = False
    remote: bool = False

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def open(self) -> "VideoStream":
        """Open the file; `UsageError` where it is no video."""
        try:
            return VideoStream(self.path)
        except ImageError as error:
            empty = self.path.is_file() and not self.path.stat().st_size
            raise UsageError(str(error) if empty else f"{error}; `fakelens check` takes images") from error


class VideoStream:
    """The frames of a video file; those that do not decode are passed over, and counted at the end."""

    def __init__(self, path: Path) -> None:
        """`ImageError` where `path` is no video that can be decoded."""
        self._path = path
        self.evidence = Inspection(path).conclude()  # read once, it is the same for every frame
        self._capture = open_capture(path)
        header = read_header(self._capture)
        self._known = header.frames
        self.interval_s: float | None = 1 / header.fps  # doubtful rates are not believed: time must go on
        self._read = self._lost = 0

    def read(self) -> ImageU8 | None:
        """Return the next frame that decodes, uint8 BGR, None at the end; `UsageError` where none decodes."""
        for failures in range(MOST_FAILURES):
            found, pixels = self._capture.read()
            if found and pixels is not None and pixels.size:
                self._lost += failures
                self._read += 1
                return _to_colour(np.asarray(pixels, np.uint8))
        if not self._read:
            raise UsageError(f"{self._path}: no frame of this video decodes; {REMEDY}")
        lost = max(self._lost, self._known - self._read)  # the header may promise fewer frames than there are
        if lost > 0:
            _log.warning(
                "%s: %d of %d frames do not decode", to_text(str(self._path)), lost, self._read + lost
            )
        return None

    def close(self) -> None:
        """Release the file."""
        self._capture.release()


def _open(connect: "Callable[[], cv2.VideoCapture]") -> "cv2.VideoCapture | None":
    capture = connect()
    if capture.isOpened():
        return capture
    capture.release()
    return None


def _to_colour(pixels: ImageU8) -> ImageU8:
    """Grey and transparent frames, which some cameras and files give, become BGR."""
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])
