"""From the name of a source of frames to the source."""

from pathlib import Path

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.live.source import TEST, FrameSource, Resolution
from fakelens.edge_runtime.machine.cameras import PICAMERA
from fakelens.edge_runtime.redact import redact_url


def make_source(name: str, resolution: Resolution | None = None, *, follow: bool = False) -> FrameSource:
    """Return the source that `name` stands for; nothing is connected yet. A folder can be followed.

    A number or /dev/video*: a camera; `picamera`; a folder of images; `test:...`, see `faulty`; what holds
    `://`: a stream; anything else: a video file. Raises `UsageError` or `MissingExtraError`.
    """
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
    if not camera and "://" not in name:
        if Path(name).is_dir():
            from fakelens.edge_runtime.live.sources.folder import FolderSource

            return FolderSource(folder=Path(name), follow=follow)
        if not Path(name).exists():
            raise UsageError(
                f"{name}: no such file or folder; --source takes a camera's number, a file, a folder, "
                "rtsp://, http:// or picamera, and --list shows the cameras"
            )
    require_extra("camera", "cv2")
    from fakelens.edge_runtime.live.sources.opencv import CameraSource, StreamSource, VideoSource

    if camera:
        return CameraSource(device=int(name) if name.isdecimal() else name, resolution=resolution)
    return StreamSource(url=name) if "://" in name else VideoSource(path=Path(name))
