"""Facts of the machine, read from the kernel's files; `root` is another folder than / in tests."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.strenum import StrEnum

_ROOT = Path("/")
# Video nodes that take no pictures: coders, scalers and image processors of the Raspberry Pi.
_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "pisp_be", "rpivid", "rpi-hevc")
_PI_CAMERAS = ("unicam", "rp1-cfe")  # receivers of the ribbon cable: of Pi 4 and before, of Pi 5
_THROTTLED = Path("sys/devices/platform/soc/soc:firmware/get_throttled")
# raspberrypi.com/documentation/computers/os.html#get_throttled: bits 0 to 3 now, 16 to 19 since boot
_THROTTLING = ("under-voltage", "frequency capped", "throttled", "soft temperature limit")
_VCGENCMD_S = 5  # seconds it may take


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


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """Why the firmware of a Raspberry Pi holds it back."""

    now: tuple[str, ...]
    since_boot: tuple[str, ...]


def read_pi_model(root: Path = _ROOT) -> str | None:
    """Return the board's name, as `Raspberry Pi 5 Model B Rev 1.0`; None where there is no device tree."""
    return _read_text(root / "proc/device-tree/model")


def read_temperature_c(root: Path = _ROOT) -> float | None:
    """Return the temperature of the processor in degrees Celsius; None where it has no sensor."""
    text = _read_text(root / "sys/class/thermal/thermal_zone0/temp")
    try:
        return int(text) / 1000 if text else None
    except ValueError:
        return None


def list_cameras(root: Path = _ROOT) -> list[Camera]:
    """Return the cameras the kernel knows, by number: one entry for each, whatever nodes it has besides."""
    folder = root / "sys/class/video4linux"
    nodes = [node for node in folder.glob("video*") if node.name[5:].isdigit()]
    found: list[Camera] = []
    seen: set[Path] = set()
    for node in sorted(nodes, key=lambda node: int(node.name[5:])):
        name = _read_text(node / "name") or node.name
        parent = (node / "device").resolve() if (node / "device").exists() else node.resolve()
        if name.startswith(_NO_CAMERAS) or parent in seen:  # the first node is the picture, the next metadata
            continue
        seen.add(parent)
        number = int(node.name[5:])
        kind = _find_kind(name, node, parent)
        found.append(Camera(device=f"/dev/{node.name}", index=number, name=name, kind=kind))
    return found


def read_throttling(root: Path = _ROOT, vcgencmd: str = "vcgencmd") -> Throttling | None:
    """Return what the firmware of a Raspberry Pi reports; None elsewhere.

    The kernel's file comes first; where there is none, the program `vcgencmd` is asked.
    """
    text = _read_text(root / _THROTTLED) or _ask_firmware(vcgencmd)
    try:
        bits = int(text.rpartition("=")[2], 16) if text else None
    except ValueError:
        return None
    if bits is None:
        return None
    now, since_boot = (
        tuple(name for bit, name in enumerate(_THROTTLING) if bits >> first + bit & 1) for first in (0, 16)
    )
    return Throttling(now=now, since_boot=since_boot)


def _find_kind(name: str, node: Path, parent: Path) -> CameraKind:
    if name.startswith(_PI_CAMERAS):
        return CameraKind.PI
    driver = (parent / "driver").resolve().name
    if driver == "uvcvideo" or (parent / "subsystem").resolve().name == "usb":
        return CameraKind.USB
    return CameraKind.VIRTUAL if "virtual" in node.resolve().parts else CameraKind.OTHER


def _ask_firmware(program: str) -> str | None:
    found = shutil.which(program)
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, "get_throttled"], capture_output=True, text=True, check=False, timeout=_VCGENCMD_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _read_text(path: Path) -> str | None:
    try:  # the device tree ends its texts with a zero byte
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ") or None
    except OSError:
        return None
