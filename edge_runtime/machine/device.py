"""Facts of the machine, read from the kernel's files; `root` is another folder than / in tests."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/")
_THROTTLED = Path("sys/devices/platform/soc/soc:firmware/get_throttled")
# raspberrypi.com/documentation/computers/os.html#get_throttled: bits 0 to 3 now, 16 to 19 since boot
_THROTTLING = ("under-voltage", "frequency capped", "throttled", "soft temperature limit")
_VCGENCMD_S = 5  # seconds it may take


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """Why the firmware of a Raspberry Pi holds it back."""

    now: tuple[str, ...]
    since_boot: tuple[str, ...]


def read_pi_model(root: Path = _ROOT) -> str | None:
    """Return the board's name, as `Raspberry Pi 5 Model B Rev 1.0`; None where there is no device tree."""
    return read_text(root / "proc/device-tree/model")


def read_temperature_c(root: Path = _ROOT) -> float | None:
    """Return the temperature of the processor in degrees Celsius; None where it has no sensor."""
    text = read_text(root / "sys/class/thermal/thermal_zone0/temp")
    try:
        return int(text) / 1000 if text else None
    except ValueError:
        return None


def read_throttling(root: Path = _ROOT, vcgencmd: str = "vcgencmd") -> Throttling | None:
    """Return what the firmware of a Raspberry Pi reports; None elsewhere.

    The kernel's file comes first; where there is none, the program `vcgencmd` is asked.
    """
    text = read_text(root / _THROTTLED) or _ask_firmware(vcgencmd)
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


def read_text(path: Path) -> str | None:
    """Return what a file of the kernel holds, without its end; None where it is empty or cannot be read."""
    try:  # the device tree ends its texts with a zero byte
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ") or None
    except OSError:
        return None
