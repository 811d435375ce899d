"""From the name of a source of frames to the source."""

from pathlib import Path

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.live.source import TEST, FrameSource, Resolution
from fakelens.edge_runtime.live.sources.url import check_stream_url, find_named_file
from fakelens.edge_runtime.machine.cameras import PICAMERA
from fakelens.edge_runtime.redact import redact_url

_MOST_DIGITS = 9  # of a camera's number, which OpenCV keeps in 32 bits


def make_source(name: str, resolution: Resolution | None = None, *, follow: bool = False) -> FrameSource:
    """Return the source that `name` stands for; nothing is connected yet. A folder can be followed.

    A number or /dev/video*: a camera; `picamera`; a folder of images; `test:...`, see `faulty`; what holds
    `://`: a stream, or a file by its URL; anything else: a video file. Raises `UsageError` or
    `MissingExtraError`.
    """
    name = str(find_named_file(name) or name)
    if follow and not Path(name).is_dir():
        raise UsageError(
            f"--follow waits for new pictures in a folder; {redact_url(name)} is none: leave --follow out"
        )
    if name.startswith(TEST):
        from fakelens.edge_runtime.live.sources.faulty import make_rehearsal

        return make_rehearsal(name.removeprefix(TEST), resolution)
    if name == PICAMERA:
        from fakelens.edge_runtime.live.sources.picamera import PiCameraSource, require_picamera

        require_picamera()
        return PiCameraSource(resolution=resolution)
    camera = name.isdecimal() or name.startswith("/dev/video")
    if resolution is not None and not camera:
        raise UsageError(f"--resolution asks a camera; {redact_url(name)} is none: leave --resolution out")
    if camera:
        return _make_camera(name, resolution)
    return _make_stream(name) if "://" in name else _make_local(Path(name), follow=follow)


def _make_camera(name: str, resolution: Resolution | None) -> FrameSource:
    if name.isdecimal() and len(name) > _MOST_DIGITS:
        raise UsageError(
            f"{name}: no camera has such a number; `fakelens watch --list` shows those there are"
        )
    require_extra("camera", "cv2")
    from fakelens.edge_runtime.live.sources.opencv import CameraSource

    return CameraSource(device=int(name) if name.isdecimal() else name, resolution=resolution)


def _make_stream(url: str) -> FrameSource:
    url = check_stream_url(url)
    require_extra("camera", "cv2")
    from fakelens.edge_runtime.live.sources.opencv import StreamSource

    return StreamSource(url=url)


def _make_local(path: Path, *, follow: bool) -> FrameSource:
    if path.is_dir():
        from fakelens.edge_runtime.live.sources.folder import FolderSource

        return FolderSource(folder=path, follow=follow)
    if not path.exists():
        raise UsageError(
            f"{path}: no such file or folder; --source takes a camera's number, a file, a folder, "
            "rtsp://, http:// or picamera, and --list shows the cameras"
        )
    require_extra("camera", "cv2")
    from fakelens.edge_runtime.live.sources.opencv import VideoSource

    return VideoSource(path=path)
