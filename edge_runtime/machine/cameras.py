"""The cameras of this machine: one list for `fakelens doctor` and `fakelens watch --list`."""

import importlib
import platform
import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fakelens.edge_runtime.extras import is_installed, load_cv2
from fakelens.edge_runtime.machine.device import read_text

PICAMERA = "picamera"  # the name of a source, and of the package that reads it

_ROOT = Path("/")
# Video nodes that take no pictures: coders, scalers and image processors of the Raspberry Pi.
_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "pisp_be", "rpivid", "rpi-hevc")
_PI_CAMERAS = ("unicam", "rp1-cfe")  # receivers of the ribbon cable: of Pi 4 and before, of Pi 5
_PROBED = 6  # numbers, where the system keeps no list
# VIDIOC_QUERYCAP and its answer, from linux/videodev2.h: driver, card, bus, version, capabilities of the
# device and of this node, reserved.
_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII3I")
_CAPTURES = 0x1 | 0x1000  # single- or multi-planar capture; codecs and image processors have other bits


class CameraKind(StrEnum):
    """How a camera is attached, which decides what can read it."""

    USB = "usb"
    PI = "pi"  # on the ribbon cable: libcamera (picamera2) reads it, OpenCV does not
    VIRTUAL = "virtual"  # v4l2loopback
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A video device that takes pictures."""

    device: str  # /dev/video0
    index: int  # the number in it
    name: str
    kind: CameraKind

    @property
    def source(self) -> str:
        """What `fakelens watch --source` calls it."""
        return PICAMERA if self.kind is CameraKind.PI else str(self.index)


def list_cameras(root: Path = _ROOT) -> list[Camera]:
    """Return the cameras of this machine, those of the Pi's ribbon connectors first; opens what it must.

    The kernel's files are read below `root`, which is another folder than / in tests. Where picamera2 is
    installed, it knows best whether a camera answers on the ribbon cable.
    """
    if platform.system() != "Linux":
        return _probe()
    found = _list_v4l2(root)
    pi = [camera for camera in found if camera.kind is CameraKind.PI]
    if is_installed("picamera2"):
        pi = _list_picameras()
    return [*pi, *(camera for camera in found if camera.kind is not CameraKind.PI)]


def _list_v4l2(root: Path) -> list[Camera]:
    """Return the cameras the kernel knows, by number: one entry for each, whatever nodes it has besides."""
    folder = root / "sys/class/video4linux"
    nodes = [node for node in folder.glob("video*") if node.name[5:].isdigit()]
    found: list[Camera] = []
    seen: set[Path] = set()
    for node in sorted(nodes, key=lambda node: int(node.name[5:])):
        name = read_text(node / "name") or node.name
        parent = (node / "device").resolve() if (node / "device").exists() else node.resolve()
        if name.startswith(_NO_CAMERAS) or parent in seen:  # the first node is the picture, the next metadata
            continue
        if not _captures(root / "dev" / node.name):
            continue
        seen.add(parent)
        number = int(node.name[5:])
        kind = _find_kind(name, node, parent)
        found.append(Camera(device=f"/dev/{node.name}", index=number, name=name, kind=kind))
    return found


def _find_kind(name: str, node: Path, parent: Path) -> CameraKind:
    if name.startswith(_PI_CAMERAS):
        return CameraKind.PI
    driver = (parent / "driver").resolve().name
    if driver == "uvcvideo" or (parent / "subsystem").resolve().name == "usb":
        return CameraKind.USB
    return CameraKind.VIRTUAL if "virtual" in node.resolve().parts else CameraKind.OTHER


def _captures(device: Path) -> bool:
    """Whether a node gives pictures; one that may not be asked counts as such."""
    import fcntl

    answer = bytearray(_CAPABILITY.size)
    try:
        with device.open("rb", buffering=0) as node:
            fcntl.ioctl(node, _QUERYCAP, answer)
    except OSError:  # in use exclusively, no permission, or no node of a driver
        return True
    return bool(_CAPABILITY.unpack(answer)[5] & _CAPTURES)


def _list_picameras() -> list[Camera]:
    picamera2 = importlib.import_module("picamera2")  # from Debian's packages alone: no stubs
    return [
        Camera(device=PICAMERA, index=0, name=f"{info['Model']} (Pi camera)", kind=CameraKind.PI)
        for info in picamera2.Picamera2.global_camera_info()[:1]
    ]


def _probe() -> list[Camera]:
    if not is_installed("cv2"):
        return []
    cv2 = load_cv2()
    found = []
    for number in range(_PROBED):
        capture = cv2.VideoCapture(number)
        if capture.isOpened():
            found.append(
                Camera(device=str(number), index=number, name=f"camera {number}", kind=CameraKind.OTHER)
            )
        capture.release()
    return found
