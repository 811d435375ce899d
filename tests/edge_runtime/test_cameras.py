"""Which cameras there are, from the system's own list."""

from pathlib import Path

from fakelens.edge_runtime.cameras import list_cameras, list_v4l2


def test_video4linux_devices_are_listed_by_number(tmp_path: Path) -> None:
    """Their device files do not exist here, so none can be asked what it is: all are kept."""
    for number, name in ((4710, "Second\n"), (471, "HD Webcam: HD Webcam\n"), (4711, "Third\n")):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "name").write_text(name)
    (tmp_path / "v4l-subdev0").mkdir()
    found = [(camera.source, camera.name) for camera in list_v4l2(tmp_path)]
    assert found == [("471", "HD Webcam: HD Webcam"), ("4710", "Second"), ("4711", "Third")]


def test_a_system_without_video4linux_has_none(tmp_path: Path) -> None:
    assert list_v4l2(tmp_path / "none") == []


def test_what_is_listed_can_be_named_as_a_source() -> None:
    for camera in list_cameras():
        assert camera.source == "picamera" or camera.source.isdecimal()
        assert camera.name
