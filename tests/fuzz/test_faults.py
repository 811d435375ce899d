"""A few of the faults of `make fuzz`."""

import os
from pathlib import Path

import pytest

from tests.fuzz.commands import COMMANDS, list_broken, make_inputs
from tests.fuzz.dying_broker import can_run_brokers, kill_broker
from tests.fuzz.full_disk import can_fill_disks, fill_disk
from tests.fuzz.kills import kill_at_random
from tests.fuzz.patience import run_group, run_twice

QUICK = [name for name, command in COMMANDS.items() if not command.slow and not command.trains]
SLOW = [name for name, command in COMMANDS.items() if command.slow]
LONG = [name for name, command in COMMANDS.items() if command.trains]
needs_disks = pytest.mark.skipif(not can_fill_disks(), reason="needs unshare, to make a small disk")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "inputs"
    make_inputs(folder, run=False)
    return folder


@pytest.fixture(scope="module")
def inputs_with_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "inputs"
    make_inputs(folder, run=True)
    return folder


def check_faults(name: str, inputs: Path, scratch: Path) -> None:
    kills = kill_at_random(name, inputs, scratch, 2)
    assert (kills.failures, kills.tries) == ([], 2)
    if can_fill_disks():
        disk = fill_disk(name, inputs, scratch, 1)
        assert (disk.failures, disk.told) == ([], 1)


@pytest.mark.parametrize("name", QUICK)
def test_a_killed_command_leaves_no_half_file(name: str, inputs: Path, tmp_path: Path) -> None:
    kills = kill_at_random(name, inputs, tmp_path, 2)
    assert (kills.failures, kills.tries) == ([], 2)


@needs_disks
@pytest.mark.parametrize("name", QUICK)
def test_a_full_disk_is_one_line_and_no_half_file(name: str, inputs: Path, tmp_path: Path) -> None:
    disk = fill_disk(name, inputs, tmp_path, 1)
    assert (disk.failures, disk.told) == ([], 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_slower_commands_likewise(name: str, inputs: Path, tmp_path: Path) -> None:
    check_faults(name, inputs, tmp_path)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_training_and_what_is_around_it_likewise(name: str, inputs_with_run: Path, tmp_path: Path) -> None:
    check_faults(name, inputs_with_run, tmp_path)


@pytest.mark.skipif(not can_run_brokers(), reason="needs mosquitto and the extra mqtt")
def test_a_broker_may_die_and_come_back(inputs: Path, tmp_path: Path) -> None:
    found = kill_broker(inputs, tmp_path, 2)
    assert (found.failures, found.back) == ([], 2)


def test_what_takes_too_long_is_tried_twice_and_then_given_up(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    late = f"echo x >> {tries}; [ $(wc -l < {tries}) -ge $WANTED ] && echo done || sleep 600 & wait"

    def attempt(wanted: str) -> str | None:
        tries.unlink(missing_ok=True)
        done = run_twice(lambda: run_group(["sh", "-c", late], os.environ | {"WANTED": wanted}, 3))
        return None if done is None else done.stdout

    assert attempt("2") == "done\n"
    assert attempt("3") is None
    assert tries.read_text() == "x\n" * 2


@needs_disks
def test_a_command_that_takes_too_long_is_a_failure_of_the_campaign(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.full_disk.LONGEST_S", 0.01)
    found = fill_disk("scan", inputs, tmp_path, 2)
    assert found.tries == 2
    assert [line.split(":")[1] for line in found.failures] == [" says nothing within 0.01 s, twice"] * 2


def test_a_half_file_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "change.png").write_bytes(b"\x89PNG half")
    (tmp_path / "page.html").write_text("<!doctype html> half")
    (tmp_path / "model.tflite").write_bytes(b"\x1c\0\0\0TFL3 half")
    (tmp_path / ".change.png.abc").write_bytes(b"not under its final name")
    assert len(list_broken(tmp_path)) == 3
