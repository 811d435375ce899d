"""Checks of what is installed, against folders of packages made for the purpose."""

import hashlib
from pathlib import Path

import pytest

from fakelens.edge_runtime.doctor.health import Status
from fakelens.edge_runtime.doctor.software import check_architecture, check_model, check_opencv
from fakelens.edge_runtime.modelfile.library import find_model


def install(folder: Path, *packages: str) -> list[str]:
    """What pip leaves of `packages` in a folder, as far as asking for their names goes."""
    for name in packages:
        about = folder / f"{name.replace('-', '_')}-4.10.0.84.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 4.10.0.84\n")
    return [str(folder)]


@pytest.mark.parametrize(
    ("machine", "bits", "status", "found"),
    [
        ("aarch64", 64, Status.OK, "aarch64, 64-bit Python"),
        ("aarch64", 32, Status.FAIL, "aarch64, 32-bit Python on a 64-bit kernel"),
        ("armv7l", 32, Status.FAIL, "armv7l, 32-bit Python"),
    ],
)
def test_a_32_bit_userland_is_told_from_a_32_bit_processor(
    machine: str, bits: int, status: Status, found: str
) -> None:
    check = check_architecture(machine, bits)
    assert (check.status, check.found) == (status, found)
    assert bool(check.remedy) == (status is Status.FAIL)


def test_one_opencv_is_fine(tmp_path: Path) -> None:
    check = check_opencv(install(tmp_path, "opencv-python", "numpy"))
    assert (check.status, check.found) == (Status.OK, "opencv-python 4.10.0.84")


def test_two_of_them_fail_with_the_command_that_mends_it(tmp_path: Path) -> None:
    check = check_opencv(install(tmp_path, "opencv-python", "opencv_contrib_python"))
    assert check.status is Status.FAIL
    assert check.remedy == (
        "pip uninstall -y opencv-contrib-python opencv-python && pip install opencv-python"
    )


def test_a_headless_one_opens_no_window(tmp_path: Path) -> None:
    check = check_opencv(install(tmp_path, "opencv-python-headless"))
    assert check.status is Status.NOTE
    assert "pip uninstall -y opencv-python-headless" in check.remedy


def test_none_is_named_with_its_extra(tmp_path: Path) -> None:
    check = check_opencv(install(tmp_path, "numpy"))
    assert check.status is Status.NOTE
    assert 'pip install "fakelens[camera]"' in check.remedy


def test_the_model_is_named_with_its_digest() -> None:
    check = check_model()
    assert check.status is Status.OK
    digest = hashlib.sha256(find_model().read_bytes()).hexdigest()
    assert check.found.endswith(f"sha256 {digest}")  # as `fakelens info` and `sha256sum` print it
