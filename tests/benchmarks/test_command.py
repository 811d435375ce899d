import sys

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
