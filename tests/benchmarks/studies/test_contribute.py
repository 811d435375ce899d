import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.studies.contribute import FORMAT, contribute, name_host
from fakelens.benchmarks.timing.host import describe_host


def test_a_file_is_named_after_the_board_or_the_processor() -> None:
    host = replace(describe_host(), board="Raspberry Pi 5 Model B Rev 1.0", machine="aarch64", cores=4)
    assert name_host(host) == "raspberry-pi-5-model-b-rev-1-0-aarch64-4-cores"
    host = replace(host, board="", cpu="AMD EPYC (Milan) @ 2.4GHz", machine="x86_64")
    assert name_host(host) == "amd-epyc-milan-2-4ghz-x86-64-4-cores"


@pytest.fixture
def one_core() -> Iterator[None]:
    """As many numbers of threads are measured as there are cores: one takes half the time."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.slow
@pytest.mark.usefixtures("one_core")
def test_one_file_holds_everything_that_was_measured(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path / "cache"))
    # Of the photo no figure is looked at.
    monkeypatch.setattr("fakelens.benchmarks.studies.contribute._PHOTO_PX", (640, 480))
    monkeypatch.setattr("fakelens.benchmarks.studies.contribute._PHOTO_RUNS", 2)
    monkeypatch.setattr(
        sys, "argv", ["contribute", str(model_file), "--images", "2", "--output", str(tmp_path / "results")]
    )
    with pytest.raises(SystemExit) as ended:
        run_command(contribute)
    assert not ended.value.code
    (path,) = (tmp_path / "results").iterdir()
    assert capsys.readouterr().out.strip() == str(path)
    found = json.loads(path.read_text())
    assert found["format"] == FORMAT
    assert {check["name"] for check in found["checks"]} == {check["name"] for check in found["checks_after"]}
    assert found["bench"]
    assert {row["threads"] for row in found["bare_loop"]} >= {1}
    assert found["photo"]["check_ms"] > 0
    assert found["host"]["pillow"]
