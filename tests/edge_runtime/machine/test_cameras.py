"""Cameras are listed, from a made-up kernel and from this one."""

from pathlib import Path

from fakelens.edge_runtime.machine.cameras import CameraKind, list_cameras


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
        ("/dev/video2", 2, CameraKind.PI),  # those on the ribbon cable first
        ("/dev/video0", 0, CameraKind.USB),
        ("/dev/video9", 9, CameraKind.OTHER),
        ("/dev/video42", 42, CameraKind.VIRTUAL),
    ]
    assert [camera.source for camera in list_cameras(tmp_path)] == ["picamera", "0", "9", "42"]
    assert list_cameras(tmp_path)[1].name == "HD Webcam: HD Webcam"


def test_a_machine_without_any_is_no_error(tmp_path: Path) -> None:
    assert list_cameras(tmp_path) == []


def test_what_is_listed_can_be_named_as_a_source() -> None:
    for camera in list_cameras():
        assert camera.source == "picamera" or camera.source.isdecimal()
        assert camera.name
