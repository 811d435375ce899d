"""The systemd unit: what systemd itself says of it, what it runs, and where the command puts it."""

import configparser
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.service.unit import (
    Command,
    ServiceConfig,
    has_secret,
    install_unit,
    make_absolute,
    render_unit,
    unit_path,
)
from tests.conftest import Fakelens

PROGRAM = Path(sys.executable).with_name("fakelens")
ANALYZE = shutil.which("systemd-analyze")
ODD = ("--source", "rtsp://eve:p%20w@cam/a b", "--token", 'to$ken "x" \\y', "--preview", "0.0.0.0:8080")


def parse(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("user", ["daemon", None], ids=["system", "user"])
@pytest.mark.parametrize("options", [(), ODD, ("--mqtt", "@/etc/hostname")], ids=["plain", "odd", "secret"])
def test_systemd_finds_no_fault_in_it(tmp_path: Path, user: str | None, options: tuple[str, ...]) -> None:
    """A setting that systemd does not know, or cannot read, is a line on stderr."""
    path = tmp_path / "fakelens.service"
    path.write_text(render_unit(ServiceConfig(program=PROGRAM, options=options, user=user)))
    command = [str(ANALYZE), "verify", *([] if user else ["--user"]), str(path)]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    faults = [line for line in done.stderr.splitlines() if path.name in line]
    assert faults == []
    broken = path.read_text().replace("WatchdogSec=60", "WatchdogSec=often")
    path.write_text(broken)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "ignoring: often" in done.stderr  # it does look


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")
def test_systemd_thinks_it_is_hardened(tmp_path: Path) -> None:
    path = tmp_path / "fakelens.service"
    path.write_text(render_unit(ServiceConfig(program=PROGRAM, user="daemon")))
    command = [str(ANALYZE), "security", "--offline=true", "--no-pager", "--threshold=35", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]  # exposure of at most 3.5 of 10


def test_it_restarts_is_watched_over_and_may_use_the_camera() -> None:
    service = parse(render_unit(ServiceConfig(program=PROGRAM, user="pi")))["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "always"
    assert service["WatchdogSec"] == "60"
    assert service["SupplementaryGroups"] == "video"
    assert service["User"] == "pi"
    assert "PrivateDevices" not in service  # it would hide the camera
    assert service["ExecStart"] == f"{PROGRAM} watch --headless"


def test_the_page_runs_beside_it_and_sees_no_device(tmp_path: Path) -> None:
    config = ServiceConfig(
        program=PROGRAM, command=Command.SERVE, options=("0.0.0.0:8090", "--token", "a token 1"), user="pi"
    )
    service = parse(render_unit(config))["Service"]
    assert service["ExecStart"] == f'{PROGRAM} serve 0.0.0.0:8090 --token "a token 1"'
    assert (service["PrivateDevices"], service["Type"], service["User"]) == ("yes", "notify", "pi")
    assert not {"DeviceAllow", "SupplementaryGroups"} & set(service)
    assert unit_path(Command.SERVE, user_service=False).name == "fakelens-serve.service"
    assert unit_path(Command.WATCH, user_service=False).name == "fakelens.service"
    if ANALYZE is not None:
        path = tmp_path / "fakelens-serve.service"
        path.write_text(render_unit(config).replace("User=pi", "User=daemon"))
        command = [ANALYZE, "verify", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert [line for line in done.stderr.splitlines() if path.name in line] == []


def test_a_users_own_unit_asks_for_nothing_that_needs_root() -> None:
    unit = parse(render_unit(ServiceConfig(program=PROGRAM)))
    assert not {"User", "SupplementaryGroups", "DevicePolicy", "ProtectSystem"} & set(unit["Service"])
    assert unit["Install"]["WantedBy"] == "default.target"


def test_options_arrive_as_they_were_given() -> None:
    """Undone as systemd.service(5) describes: quotes, backslashes, %% and $$."""
    command = parse(render_unit(ServiceConfig(program=PROGRAM, options=ODD)))["Service"]["ExecStart"]
    arguments: list[str] = []
    current: str | None = None
    quoted, signs = False, iter(command)
    for sign in signs:
        if sign == " " and not quoted:
            arguments, current = [*arguments, *([] if current is None else [current])], None
            continue
        current = current or ""
        if sign == '"':
            quoted = not quoted
        elif sign == "\\":
            current += next(signs)
        elif sign in "%$":
            assert next(signs) == sign
            current += sign
        else:
            current += sign
    assert [*arguments, current] == [str(PROGRAM), "watch", "--headless", *ODD]


def test_a_line_break_cannot_add_a_setting() -> None:
    with pytest.raises(UsageError, match="line breaks"):
        render_unit(ServiceConfig(program=PROGRAM, options=("--source", "x\nExecStartPre=/bin/evil")))


def test_paths_are_made_absolute_and_written_folders_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    (tmp_path / "my.tflite").touch()
    options = (
        "--model",
        "my.tflite",
        "--source",
        "0",
        "--record=clips",
        "--jsonl",
        "log.jsonl",
        "--mqtt",
        "x",
    )
    assert make_absolute(options) == (
        "--model",
        str(tmp_path / "my.tflite"),
        "--source",
        "0",
        f"--record={tmp_path}/clips",
        "--jsonl",
        str(tmp_path / "log.jsonl"),
        "--mqtt",
        "x",
    )
    text = render_unit(ServiceConfig(program=PROGRAM, options=options, user="pi"))
    opened = [line for line in text.splitlines() if line.startswith("ReadWritePaths=")]
    assert opened == [f"ReadWritePaths={tmp_path}/clips", f"ReadWritePaths={tmp_path}"]
    assert make_absolute(("--jsonl", "-", "--model")) == ("--jsonl", "-", "--model")


def test_a_folder_that_is_not_there_is_named_before_the_service_fails(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(UsageError, match=f"no folder {missing}"):
        render_unit(ServiceConfig(program=PROGRAM, options=("--record", str(missing)), user="pi"))


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        (("--source", "0"), 0o644),
        (("--source", "rtsp://eve:secret@cam/1"), 0o600),
        (("--token", "secret"), 0o600),
        (("--token=secret",), 0o600),
    ],
)
def test_a_unit_with_a_secret_is_its_owners_alone(
    tmp_path: Path, options: tuple[str, ...], mode: int
) -> None:
    path = tmp_path / "fakelens.service"
    install_unit(ServiceConfig(program=PROGRAM, options=options), path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert has_secret(options) == (mode == 0o600)


def test_a_secret_in_a_file_reaches_the_service_as_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my broker").write_text("mqtt://eve:secret@broker")
    (tmp_path / "token").write_text("long-enough")
    options = ("--mqtt", "@my broker", "--token=@token", "--preview", "0.0.0.0:8080")
    service = parse(render_unit(ServiceConfig(program=PROGRAM, options=options, user="pi")))["Service"]
    assert service["ExecStart"] == (
        f"{PROGRAM} watch --headless --mqtt @${{CREDENTIALS_DIRECTORY}}/fakelens-mqtt "
        "--token=@${CREDENTIALS_DIRECTORY}/fakelens-token --preview 0.0.0.0:8080"
    )
    text = render_unit(ServiceConfig(program=PROGRAM, options=options, user="pi"))
    assert f"LoadCredential=fakelens-mqtt:{tmp_path}/my broker\n" in text
    assert not has_secret(options)
    own = render_unit(ServiceConfig(program=PROGRAM, options=options))  # its user reads the file itself
    assert f'"@{tmp_path}/my broker"' in own
    assert "LoadCredential" not in own
    with pytest.raises(UsageError, match="--token @/none: there is no such file"):
        render_unit(ServiceConfig(program=PROGRAM, options=("--token", "@/none"), user="pi"))


def test_dry_run_prints_the_unit_and_writes_nothing(
    fakelens: Fakelens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    done = fakelens("service", "install", "--dry-run", "--user", "--", "--source", "0", "--preview")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"ExecStart={PROGRAM} watch --headless --source 0 --preview\n" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option",
    [
        "--token=secret-token",
        "--source=rtsp://user:pass@camera/1",
        "--source=rtsp://user:a/b@camera/1",
        "rtsp://camera/user=admin_password=x_channel=1",
        "http://camera/video?pwd=x",
        "http://camera/video?password=x",
    ],
)
def test_every_form_of_password_makes_the_unit_private(option: str) -> None:
    assert has_secret(["--headless", option])
    assert not has_secret(["--source", "rtsp://camera/1", "--headless"])
