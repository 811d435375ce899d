import subprocess
import sys
from pathlib import Path

import pytest

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.errors import MissingExtraError, UsageError


@pytest.mark.parametrize("error", [UsageError("no such thing"), MissingExtraError("not installed")])
def test_an_error_is_one_line_and_its_exit_code(
    error: UsageError | MissingExtraError,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run_command(fail)
    assert ended.value.code == error.exit_code
    assert capsys.readouterr().err == f"fakelens: {error}\n"


STUDIES = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "benchmarks" / "studies").glob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("study", STUDIES)
def test_help_prints_help_and_measures_nothing(study: str) -> None:
    command = [sys.executable, "-m", f"fakelens.benchmarks.studies.{study}", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage: python -m" in done.stdout
