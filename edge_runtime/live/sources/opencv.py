"""Cameras, streams and video files, by way of OpenCV."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fakelens.edge_runtime.errors import CameraError, UsageError
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.live.source import Resolution
from fakelens.edge_runtime.preprocess import ImageU8
from fakelens.edge_runtime.redact import redact_url

if TYPE_CHECKING:
    import cv2

_OPEN_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 10.0


class OpenCVStream:
    """One open `cv2.VideoCapture`."""

    def __init__(self, capture: "cv2.VideoCapture", broken: str | None, interval_s: float | None) -> None:
        """`broken` is what a read without a frame means; None where it is the end of a file."""
        self._capture, self._broken, self._interval_s = capture, broken, interval_s

    @property
    def interval_s(self) -> float | None:
        """Seconds from frame to frame by the file's header; None for what is live."""
        return self._interval_s

    def read(self) -> ImageU8 | None:
        """Return the next frame, uint8 BGR; `CameraError` where a camera or stream gives none."""
        found, pixels = self._capture.read()  # False also while isOpened() is true: opencv-python #719
        if found and pixels is not None and pixels.size:
            return _to_colour(np.asarray(pixels, np.uint8))
        if self._broken is not None:
            raise CameraError(self._broken)
        return None

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
        return OpenCVStream(capture, f"camera {self.name}: it is open but gives no frame", None)


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
            raise CameraError(f"{self.name}: no connection; check address, credentials and network")
        return OpenCVStream(capture, f"{self.name}: the stream broke off", None)


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

    def open(self) -> OpenCVStream:
        """Open the file; `UsageError` where it is no video."""
        cv2 = load_cv2()
        capture = _open(lambda: cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG))
        if capture is None:
            raise UsageError(f"{self.path}: not a video that can be decoded; `fakelens check` takes images")
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        return OpenCVStream(capture, None, 1 / fps if fps > 0 else None)


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
