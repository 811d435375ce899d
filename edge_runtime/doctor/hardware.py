"""Checks of the machine: board, cameras, display, temperature, power."""

import os
from pathlib import Path

from fakelens.edge_runtime.doctor.health import Check, failed, noted, passed
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.machine.cameras import CameraKind, list_cameras
from fakelens.edge_runtime.machine.device import Throttling

_HOT_C, _TOO_HOT_C = 70.0, 80.0  # a Raspberry Pi slows down from 80 degrees on


def check_board(model: str | None) -> Check:
    """Which Raspberry Pi, or other board with a device tree, this is."""
    return passed("board", model or "no Raspberry Pi")


def check_cameras(root: Path = Path("/")) -> Check:
    """The cameras, their kind, and whether this user may read them."""
    cameras = list_cameras(root)
    if not cameras:
        return noted("cameras", "none", "plug a camera in; files and network streams need none")
    found = ", ".join(f"{camera.device} {camera.name} ({camera.kind})" for camera in cameras)
    nodes = [root / camera.device.lstrip("/") for camera in cameras]
    closed = [node for node in nodes if node.exists() and not os.access(node, os.R_OK | os.W_OK)]
    if closed:
        remedy = 'sudo usermod -aG video "$USER", then log in again'
        return failed("cameras", f"{found}; {closed[0]} is closed to you", remedy)
    if any(camera.kind is CameraKind.PI for camera in cameras) and not is_installed("picamera2"):
        remedy = "sudo apt install python3-picamera2, and make the environment with --system-site-packages"
        return noted("cameras", f"{found}; picamera2 is not installed here", remedy)
    return passed("cameras", found)


def check_display(display: str, answers: bool) -> Check:
    """Whether there is a screen for the window of `fakelens watch`: $DISPLAY, and whether it answers."""
    if answers:
        return passed("display", f"DISPLAY={display}" if display else "this system's own")
    found = f"DISPLAY={display} does not answer" if display else "none"
    return noted("display", found, "watch opens no window then: look at it in a browser with --preview")


def check_temperature(temperature_c: float | None) -> Check:
    """The processor's temperature."""
    if temperature_c is None:
        return passed("temperature", "no sensor")
    found = f"{temperature_c:.1f} °C"
    if temperature_c < _HOT_C:
        return passed("temperature", found)
    end = failed if temperature_c >= _TOO_HOT_C else noted
    return end(
        "temperature", found, f"give it a heat sink or a fan: it slows down from {_TOO_HOT_C:.0f} °C on"
    )


def check_throttling(throttling: Throttling | None) -> Check:
    """Whether the firmware of a Raspberry Pi holds it back, now or since it was started."""
    if throttling is None:
        return passed("throttling", "not reported here")
    reasons = throttling.now or throttling.since_boot
    if not reasons:
        return passed("throttling", "never since boot")
    remedy = "give it a heat sink or a fan"
    if "under-voltage" in reasons:
        remedy = "use the power supply made for this board, and a short cable"
    if throttling.now:
        return failed("throttling", f"now: {', '.join(reasons)}", remedy)
    return noted("throttling", f"since boot: {', '.join(reasons)}", remedy)
