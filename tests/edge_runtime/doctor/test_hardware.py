"""Checks of the machine: each problem has its remedy, and only what is broken fails."""

import os
from pathlib import Path

import pytest

from fakelens.edge_runtime.doctor.hardware import (
    check_board,
    check_cameras,
    check_display,
    check_temperature,
    check_throttling,
)
from fakelens.edge_runtime.doctor.health import Check, Status
from fakelens.edge_runtime.machine.device import Throttling


def add_camera(root: Path, name: str) -> Path:
    node = root / "sys/class/video4linux/video0"
    node.mkdir(parents=True)
    (node / "name").write_text(name)
    device = root / "dev/video0"
    device.parent.mkdir()
    device.touch()
    return device


def is_note(check: Check) -> bool:
    return check.status is Status.NOTE and check.remedy != ""


def test_no_camera_is_no_failure(tmp_path: Path) -> None:
    assert is_note(check_cameras(tmp_path))


def test_a_camera_that_can_be_read_is_fine(tmp_path: Path) -> None:
    add_camera(tmp_path, "HD Webcam")
    check = check_cameras(tmp_path)
    assert (check.status, check.remedy) == (Status.OK, "")
    assert "/dev/video0 HD Webcam" in check.found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_camera_that_may_not_be_read_names_the_group(tmp_path: Path) -> None:
    add_camera(tmp_path, "HD Webcam").chmod(0)
    check = check_cameras(tmp_path)
    assert check.status is Status.FAIL
    assert "usermod -aG video" in check.remedy


def test_a_pi_camera_needs_picamera2(tmp_path: Path) -> None:
    add_camera(tmp_path, "unicam-image")
    check = check_cameras(tmp_path)
    assert is_note(check)
    assert "python3-picamera2" in check.remedy


def test_the_display() -> None:
    assert check_display(":0", True).status is Status.OK
    assert is_note(check_display("", False))
    assert "DISPLAY=:7 does not answer" in check_display(":7", False).found


def test_the_board() -> None:
    assert check_board("Raspberry Pi 4 Model B Rev 1.4").found == "Raspberry Pi 4 Model B Rev 1.4"
    assert check_board(None).status is Status.OK


@pytest.mark.parametrize(
    ("temperature_c", "status"),
    [(None, Status.OK), (48.3, Status.OK), (70.0, Status.NOTE), (79.9, Status.NOTE), (80.0, Status.FAIL)],
)
def test_the_temperature(temperature_c: float | None, status: Status) -> None:
    check = check_temperature(temperature_c)
    assert check.status is status
    assert bool(check.remedy) == (status is not Status.OK)


def test_throttling_fails_now_and_is_noted_afterwards() -> None:
    never = Throttling(now=(), since_boot=())
    before = Throttling(now=(), since_boot=("throttled",))
    now = Throttling(now=("under-voltage", "throttled"), since_boot=("under-voltage", "throttled"))
    assert check_throttling(None).status is Status.OK
    assert check_throttling(never).status is Status.OK
    assert is_note(check_throttling(before))
    assert "fan" in check_throttling(before).remedy
    assert check_throttling(now).status is Status.FAIL
    assert "power supply" in check_throttling(now).remedy
