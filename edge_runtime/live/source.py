"""What a source of frames is, and which one a name stands for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fakelens.edge_runtime.errors import UsageError, require_extra
from fakelens.edge_runtime.live.frame import Pixels

PICAMERA = "picamera"
TEST = "test:"


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The frame size that a camera is asked for; it may give another."""

    width: int  # px
    height: int


class FrameStream(Protocol):
    """One connection to a source; used by one thread."""

    @property
    def interval_s(self) -> float | None:
        """Seconds from frame to frame as the source tells it; None where it does not."""

    def read(self) -> Pixels | None:
        """Return the next frame, None at the end; `CameraError` where the connection is broken.

        Blocks until there is one.
        """

    def close(self) -> None:
        """Let go of the device, file or connection."""


class FrameSource(Protocol):
    """Something that gives frames, and to which one can connect again and again."""

    @property
    def name(self) -> str:
        """What the user called it, without credentials."""

    @property
    def live(self) -> bool:
        """Whether frames pass by: the newest counts. Otherwise each is waited for, in order."""

    @property
    def remote(self) -> bool:
        """Whether it may come up later than we do, so that a first failure is no reason to give up."""

    def open(self) -> FrameStream:
        """Connect; may block for seconds. `CameraError` where there is nothing to connect to."""


def make_source(name: str, resolution: Resolution | None = None) -> FrameSource:
    """Return the source that `name` stands for; nothing is connected yet.

    A number or /dev/video*: a camera; `picamera`; a folder of images; `test:...`, see `rehearsal`; what holds
    `://`: a stream; anything else: a video file. Raises `UsageError` or `MissingExtraError`.
    """
    if name.startswith(TEST):
        from fakelens.edge_runtime.live.rehearsal import make_rehearsal

        return make_rehearsal(name.removeprefix(TEST), resolution)
    if name == PICAMERA:
        from fakelens.edge_runtime.live.picamera import PiCameraSource, require_picamera

        require_picamera()
        return PiCameraSource(resolution=resolution)
    camera = name.isdecimal() or name.startswith("/dev/video")
    if not camera and "://" not in name:
        if Path(name).is_dir():
            from fakelens.edge_runtime.live.folder import FolderSource

            return FolderSource(folder=Path(name))
        if not Path(name).exists():
            raise UsageError(
                f"{name}: no such file or folder; --source takes a camera's number, a file, a folder, "
                "rtsp://, http:// or picamera, and --list shows the cameras"
            )
    require_extra("camera", "cv2")
    from fakelens.edge_runtime.live.opencv import CameraSource, StreamSource, VideoSource

    if camera:
        return CameraSource(device=int(name) if name.isdecimal() else name, resolution=resolution)
    return StreamSource(url=name) if "://" in name else VideoSource(path=Path(name))
