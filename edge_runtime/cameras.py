"""Which cameras this machine has."""

import importlib
import platform
import struct
from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.extras import is_installed

PICAMERA = "picamera"

_V4L2 = Path("/sys/class/video4linux")
_PROBED = 6  # numbers, where the system keeps no list
# VIDIOC_QUERYCAP and its answer, from linux/videodev2.h: driver, card, bus, version, capabilities of the
# device and of this node, reserved.
_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII3I")
_CAPTURES = 0x1 | 0x1000  # single- or multi-planar capture; codecs and image processors have other bits


@dataclass(frozen=True, kw_only=True)
class FoundCamera:
    """A camera, and what `--source` calls it."""

    source: str
    name: str


def list_cameras() -> list[FoundCamera]:
    """Return the cameras of this machine, those of the Pi's ribbon connectors first; opens what it must."""
    pi = [FoundCamera(source=PICAMERA, name=name) for name in _list_picameras()]
    if platform.system() == "Linux":
        return pi + list_v4l2(_V4L2)
    return pi + _probe()


def list_v4l2(folder: Path) -> list[FoundCamera]:
    """Return the Video4Linux devices under `folder` that capture; one that may not be asked is kept."""
    nodes = [path for path in folder.glob("video*") if path.name.removeprefix("video").isdecimal()]
    return [
        FoundCamera(
            source=node.name.removeprefix("video"),
            name=(node / "name").read_text(errors="replace").strip(),
        )
        for node in sorted(nodes, key=lambda path: int(path.name.removeprefix("video")))
        if _captures(Path("/dev") / node.name)
    ]


def _captures(device: Path) -> bool:
    import fcntl

    answer = bytearray(_CAPABILITY.size)
    try:
        with device.open("rb", buffering=0) as node:
            fcntl.ioctl(node, _QUERYCAP, answer)
    except OSError:  # in use exclusively, or no permission
        return True
    return bool(_CAPABILITY.unpack(answer)[5] & _CAPTURES)


def _list_picameras() -> list[str]:
    if not is_installed("picamera2"):
        return []
    picamera2 = importlib.import_module("picamera2")
    return [f"{info['Model']} (Pi camera)" for info in picamera2.Picamera2.global_camera_info()[:1]]


def _probe() -> list[FoundCamera]:
    if not is_installed("cv2"):
        return []
    from fakelens.edge_runtime.extras import load_cv2

    cv2 = load_cv2()
    found = []
    for number in range(_PROBED):
        capture = cv2.VideoCapture(number)
        if capture.isOpened():
            found.append(FoundCamera(source=str(number), name=f"camera {number}"))
        capture.release()
    return found
