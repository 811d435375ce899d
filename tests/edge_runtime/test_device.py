"""Facts read from a made-up kernel: cameras, board, temperature, throttling."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.device import (
    CameraKind,
    list_cameras,
    read_pi_model,
    read_temperature_c,
    read_throttling,
)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def add_node(root: Path, number: int, name: str, device: str, driver: str | None = None) -> None:
    """A node of the class folder, which is a link into the tree of devices, as the kernel has it."""
    parent = root / "sys/devices" / device
    node = parent / "video4linux" / f"video{number}"
    write(node / "name", f"{name}\n")
    (node / "device").symlink_to(parent)
    if driver:
        (root / "sys/bus/drivers" / driver).mkdir(parents=True, exist_ok=True)
        if not (parent / "driver").exists():
            (parent / "driver").symlink_to(root / "sys/bus/drivers" / driver)
    folder = root / "sys/class/video4linux"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / node.name).symlink_to(node)


def test_cameras_are_told_from_codecs_and_metadata(tmp_path: Path) -> None:
    add_node(tmp_path, 0, "HD Webcam: HD Webcam", "platform/usb1/1-1/1-1:1.0", "uvcvideo")
    add_node(tmp_path, 1, "HD Webcam: HD Webcam", "platform/usb1/1-1/1-1:1.0", "uvcvideo")  # its metadata
    add_node(tmp_path, 2, "unicam-image", "platform/soc/fe801000.csi", "unicam")
    add_node(tmp_path, 10, "bcm2835-codec-decode", "platform/bcm2835-codec", "bcm2835-codec")
    add_node(tmp_path, 13, "bcm2835-isp-output0", "platform/bcm2835-isp")
    add_node(tmp_path, 20, "pispbe-input", "platform/axi/1000880000.pisp_be")
    add_node(tmp_path, 9, "grabber", "pci0000:00/0000:00:1c.0", "other")
    node = tmp_path / "sys/devices/virtual/video4linux/video42"
    write(node / "name", "Dummy video device (0x0000)\n")
    (tmp_path / "sys/class/video4linux/video42").symlink_to(node)
    found = [(camera.device, camera.index, camera.kind) for camera in list_cameras(tmp_path)]
    assert found == [
        ("/dev/video0", 0, CameraKind.USB),
        ("/dev/video2", 2, CameraKind.PI),
        ("/dev/video9", 9, CameraKind.OTHER),
        ("/dev/video42", 42, CameraKind.VIRTUAL),
    ]
    assert list_cameras(tmp_path)[0].name == "HD Webcam: HD Webcam"


def test_the_board_names_itself(tmp_path: Path) -> None:
    write(tmp_path / "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    assert read_pi_model(tmp_path) == "Raspberry Pi 5 Model B Rev 1.0"


def test_the_temperature_is_in_degrees(tmp_path: Path) -> None:
    sensor = tmp_path / "sys/class/thermal/thermal_zone0/temp"
    write(sensor, "48312\n")
    assert read_temperature_c(tmp_path) == pytest.approx(48.312)
    write(sensor, "")
    assert read_temperature_c(tmp_path) is None


def test_a_machine_without_any_of_it_is_no_error(tmp_path: Path) -> None:
    assert list_cameras(tmp_path) == []
    assert read_pi_model(tmp_path) is None
    assert read_temperature_c(tmp_path) is None
    assert read_throttling(tmp_path, "no-such-program") is None


@pytest.mark.parametrize(
    ("bits", "now", "since_boot"),
    [
        ("0", (), ()),
        ("50005", ("under-voltage", "throttled"), ("under-voltage", "throttled")),
        ("a0000", (), ("frequency capped", "soft temperature limit")),
    ],
)
def test_throttling_bits_from_the_kernel(
    tmp_path: Path, bits: str, now: tuple[str, ...], since_boot: tuple[str, ...]
) -> None:
    write(tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled", f"{bits}\n")
    found = read_throttling(tmp_path, "no-such-program")
    assert found is not None
    assert (found.now, found.since_boot) == (now, since_boot)


def test_throttling_bits_from_the_firmwares_program(tmp_path: Path) -> None:
    program = tmp_path / "vcgencmd"
    write(program, '#!/bin/sh\n[ "$1" = get_throttled ] && echo throttled=0x80008\n')
    program.chmod(0o755)
    found = read_throttling(tmp_path, str(program))
    assert found is not None
    assert found.now == found.since_boot == ("soft temperature limit",)
    write(program, "#!/bin/sh\necho VCHI initialization failed; exit 255\n")
    assert read_throttling(tmp_path, str(program)) is None
    write(program, "#!/bin/sh\necho error=1 error_msg=unknown\n")
    assert read_throttling(tmp_path, str(program)) is None
