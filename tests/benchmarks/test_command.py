import contextlib
import errno
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from fakelens.benchmarks.command import run_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("benchmarks", "train")
_ASK_ALL = """
import contextlib, io, runpy, sys
for program in sys.argv[1:]:
    sys.argv = [program, "--help"]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        runpy.run_module(program, run_name="__main__")
    if loaded := {"tensorflow", "tf_keras", "sklearn"} & sys.modules.keys():
        sys.exit(f"{program} loads {sorted(loaded)}")
"""


def list_programs() -> list[str]:
    """Every module of the packages that `python -m` runs, but for what runs in the peers' environments."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    programs = [path for path in paths if '__name__ == "__main__"' in path.read_text(encoding="utf-8")]
    parts = [
        path.relative_to(ROOT).with_suffix("").parts for path in programs if path.parent.name != "adapters"
    ]
    return [".".join(("fakelens", *(part for part in names if part != "__main__"))) for names in parts]


def test_the_programs_are_found() -> None:
    found = set(list_programs())
    assert {"fakelens.benchmarks.peers", "fakelens.benchmarks.studies.soak"} < found
    assert "fakelens.train.speed.throughput" in found


@pytest.mark.parametrize("program", list_programs())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # runpy's, of modules that are loaded already
def test_help_prints_help_and_does_nothing(
    program: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if program.startswith("fakelens.train."):
        pytest.importorskip("tensorflow", reason="training needs the [train] extra")
    monkeypatch.setattr(sys, "argv", [program, "--help"])
    with contextlib.suppress(SystemExit):
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.lstrip().startswith("Usage:") or "python" in printed.out


def test_no_program_loads_tensorflow_for_its_help() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ASK_ALL, *list_programs()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "rows.jsonl")

    monkeypatch.setattr(sys, "argv", ["study"])
    with pytest.raises(SystemExit) as ended:
        run_command(fill)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "fakelens: rows.jsonl: the disk is full; free some space and run the command again\n"
    )
