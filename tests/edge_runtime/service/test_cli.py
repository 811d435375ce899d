"""`fakelens service` where systemctl is a stand-in that writes down what it is asked for."""

import os
from pathlib import Path

import pytest

from tests.conftest import Fakelens

_STAND_IN = """#!/bin/sh
case "$*" in
"$FAKELENS_TEST_SILENT") echo "Failed to connect to bus: No medium found" >&2; exit 1;;
*is-system-running) echo "${FAKELENS_TEST_STATE:-running}"; exit 0;;
esac
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
    assert again.stderr.endswith("there is no such unit\n")


@pytest.mark.usefixtures("asked")
def test_the_next_commands_are_said(fakelens: Fakelens, tmp_path: Path) -> None:
    done = fakelens("service", "install", "--user", "--", "--source", "1")
    path = tmp_path / "config/systemd/user/fakelens.service"
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert "fakelens watch --headless --source 1\n" in path.read_text()
    assert "systemctl --user enable --now fakelens.service" in done.stderr
    assert "loginctl enable-linger" in done.stderr


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


def test_where_systemd_does_not_run_its_commands_say_nothing(
    fakelens: Fakelens, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKELENS_TEST_STATE", "offline")
    for words, remedy in (
        (["status"], "start `fakelens watch --headless`"),
        (["status", "--serve", "--user"], "start `fakelens watch --headless`"),
        (["install", "--user", "--", "--source", "1"], "--dry-run prints the unit"),
    ):
        done = fakelens("service", *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert done.stderr.startswith("fakelens: systemd is not what runs this system; ")
        assert remedy in done.stderr
    assert not (tmp_path / "config").exists()
    assert not asked.exists()  # of what it would not do
    unit = tmp_path / "config/systemd/user/fakelens.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("one from before")
    done = fakelens("service", "uninstall", "--user")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"removed {unit}\n", "")


def test_without_systemctl_there_is_one_line(
    fakelens: Fakelens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for command in ("status", "install"):
        done = fakelens("service", command)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert done.stderr.startswith("fakelens: this system has no systemd; ")


@pytest.mark.usefixtures("asked")
def test_a_users_manager_that_does_not_run_has_a_remedy(
    fakelens: Fakelens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKELENS_TEST_SILENT", "--user is-system-running")
    done = fakelens("service", "status", "--user")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "does not answer (Failed to connect to bus: No medium found); log in as this user" in done.stderr
    assert fakelens("service", "status").returncode == 0


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("own", [("--", "--sourc", "0"), ("--serve", "--", "--max-mb", "many")])
def test_options_that_the_command_would_refuse_are_refused_at_once(
    fakelens: Fakelens, own: tuple[str, ...]
) -> None:
    done = fakelens("service", "install", "--dry-run", *own)
    assert (done.returncode, done.stdout) == (2, "")
    assert own[-2] in done.stderr.splitlines()[-1]
