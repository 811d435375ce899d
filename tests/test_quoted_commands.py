"""A command that a message names can be pasted into a shell, whatever the files in it are called."""

import re
import shlex
from pathlib import Path

import pytest

from fakelens.convert.run import read_run as read_converted
from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.run.rundir import check_new, read_start

ROOT = Path(__file__).parents[1]
# A command with a path in an f-string, and what may stand for one.
_COMMAND = re.compile(r"fakelens (?:train|check|convert|audit|info|bench|scan|watch|ship)\b[^`\"]*")
_PATH = re.compile(r"\{(?!quote\(|command\}|missing\[0\]\}|report\.header|reason\})[^}]*\}")


def test_messages_quote_the_paths_of_commands(tmp_path: Path) -> None:
    run = tmp_path / "mein Lauf ü"
    messages = []
    for call in (read_converted, read_start):
        with pytest.raises(FakelensError) as missing:
            call(run)
        messages.append(str(missing.value))
    run.mkdir()
    (run / "source.json").touch()
    for call in (read_converted, check_new):
        with pytest.raises(FakelensError) as unfinished:
            call(run)
        messages.append(str(unfinished.value))
    (run / "run.json").touch()
    with pytest.raises(FakelensError) as no_file:
        find_model(run)
    messages.append(f"{no_file.value}`")
    for message in messages:
        command = re.search(r"(fakelens (?:train|convert) [^`]*)`", message)
        assert command is not None, message
        assert shlex.split(command[1])[-1] == str(run)


@pytest.mark.parametrize("package", ["edge_runtime", "train", "convert", "benchmarks"])
def test_no_message_names_a_command_with_a_bare_path(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {command[0]}"
        for path in (ROOT / package).rglob("*.py")
        for command in _COMMAND.finditer(path.read_text())
        if _PATH.search(command[0])
    ]
    assert found == []
