"""The Raspberry Pi camera, where picamera2 is installed."""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from fakelens.edge_runtime.errors import CameraError, MissingExtraError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.live.source import Resolution
from fakelens.edge_runtime.machine.cameras import PICAMERA
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_DEFAULT = Resolution(width=640, height=480)


class PiCameraStream:
    """One started picamera2 camera."""

    interval_s = None

    def __init__(self, camera: Any) -> None:
        self._camera = camera

    def read(self) -> ImageU8:
        """Return the next frame, uint8 BGR."""
        try:
            return np.ascontiguousarray(self._camera.capture_array("main"), np.uint8)
        except (RuntimeError, OSError) as error:
            raise CameraError(f"{PICAMERA}: it gives no frame ({error})") from error

    def close(self) -> None:
        """Stop the camera and release it."""
        self._camera.stop()
        self._camera.close()


@dataclass(frozen=True, kw_only=True)
class PiCameraSource:
    """The first camera on the Pi's ribbon connectors."""

    resolution: Resolution | None = None
    name: str = PICAMERA
    live: bool = True
    remote: bool = False

    def open(self) -> PiCameraStream:
        """Configure the camera for video and start it."""
        picamera2 = importlib.import_module("picamera2")  # from Debian's packages alone: no stubs
        try:
            camera = picamera2.Picamera2()
            size = self.resolution or _DEFAULT
            # libcamera names formats by the order in a word: its RGB888 lies in memory as B, G, R.
            camera.configure(
                camera.create_video_configuration(
                    main={"size": (size.width, size.height), "format": "RGB888"}
                )
            )
            camera.start()
        except (RuntimeError, OSError, IndexError) as error:  # IndexError: no camera found
            raise CameraError(
                f"{PICAMERA}: no camera answers ({error}); check its cable and `rpicam-hello --list-cameras`"
            ) from error
        return PiCameraStream(camera)


def require_picamera() -> None:
    """Raise `MissingExtraError` with the way to install picamera2, which no `pip install` brings."""
    if not is_installed("picamera2"):
        raise MissingExtraError(
            "the Pi camera needs picamera2: sudo apt install python3-picamera2, and an environment made "
            "with python3 -m venv --system-site-packages"
        )
