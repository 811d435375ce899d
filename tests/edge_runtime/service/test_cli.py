"""`fakelens service` where systemctl is a stand-in that writes down what it is asked for."""

import os
from pathlib import Path

import pytest

from tests.conftest import Fakelens

_STAND_IN = """#!/bin/sh
echo "$@" >> "$FAKELENS_TEST_ASKED"
exit "${FAKELENS_TEST_CODE:-0}"
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the stand-in for systemctl writes its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text(_STAND_IN)
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKELENS_TEST_ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SUDO_USER", raising=False)
    return tmp_path / "asked"


def test_a_users_service_is_installed_shown_and_removed(
    fakelens: Fakelens, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = tmp_path / "config/systemd/user/fakelens.service"
    assert fakelens("service", "install", "--user", "--", "--source", "1").returncode == 0
    assert "User=" not in unit.read_text()
    assert fakelens("service", "status", "--user").returncode == 0
    assert asked.read_text() == "--user status --no-pager fakelens.service\n"
    monkeypatch.setenv("FAKELENS_TEST_CODE", "3")
    assert fakelens("service", "status", "--user").returncode == 1
    done = fakelens("service", "uninstall", "--user")
    assert (done.returncode, done.stdout) == (0, f"removed {unit}\n")
    assert "--user disable --now fakelens.service" in asked.read_text()
    assert not unit.exists()
    again = fakelens("service", "uninstall", "--user")
    assert again.returncode == 2
    assert "there is no such unit" in again.stderr


def test_the_page_is_a_service_of_its_own(fakelens: Fakelens, asked: Path, tmp_path: Path) -> None:
    open_to_all = fakelens("service", "install", "--serve", "--user", "--", "0.0.0.0:8090")
    assert open_to_all.returncode == 2
    assert "choose a --token" in open_to_all.stderr
    done = fakelens("service", "install", "--serve", "--user", "--", "8091", "--max-mb", "20")
    unit = tmp_path / "config/systemd/user/fakelens-serve.service"
    assert (done.returncode, done.stdout) == (0, f"{unit}\n")
    assert "fakelens serve 8091 --max-mb 20\n" in unit.read_text()
    assert "enable --now fakelens-serve.service" in done.stderr
    assert fakelens("service", "status", "--serve", "--user").returncode == 0
    assert fakelens("service", "uninstall", "--serve", "--user").stdout == f"removed {unit}\n"
    assert "fakelens.service" not in asked.read_text()


def test_a_unit_for_somebody_else_names_the_user(fakelens: Fakelens) -> None:
    done = fakelens("service", "install", "--dry-run", "--user", "camera", "--", "--source", "1")
    assert "\nUser=camera\n" in done.stdout


@pytest.mark.usefixtures("asked")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
def test_root_says_who_runs_it(fakelens: Fakelens) -> None:
    done = fakelens("service", "install", "--", "--source", "1")
    assert done.returncode == 2
    assert "--user NAME" in done.stderr
