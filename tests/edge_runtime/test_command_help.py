"""The table of contents of the command line, and completion in the shells that people use."""

import os
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import typer

from fakelens.edge_runtime.command_help import COMMANDS, GroupedCommands
from tests.conftest import Fakelens

COMMAND = Path(sys.executable).parent / "fakelens"


@pytest.fixture(scope="module")
def root() -> Any:
    app = typer.Typer(cls=GroupedCommands, rich_markup_mode=None)
    for entry in entry_points(group="fakelens.commands"):
        entry.load()(app)
    return typer.main.get_command(app)


def test_every_command_stands_in_a_group_and_has_examples(root: Any, fakelens: Fakelens) -> None:
    assert set(root.commands) <= set(COMMANDS)
    text = fakelens("--help").stdout
    groups = [line[:-1] for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert groups == ["Options", *dict.fromkeys(each.group for each in COMMANDS.values()), "Examples"]
    assert "..." not in text.partition("Look at")[2]  # summaries are whole sentences
    assert fakelens("check", "--help").stdout.endswith(COMMANDS["check"].examples[-1] + "\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_have_options_that_exist(root: Any, name: str) -> None:
    if name not in root.commands:
        pytest.skip(f"{name} is not installed")
    for example in COMMANDS[name].examples:
        program, *words = shlex.split(example)
        assert (program, words[0]) == ("fakelens", name)
        command, context = root, None
        while hasattr(command, "commands"):
            context = command.make_context(command.name, words, parent=context)
            _, command, words = command.resolve_command(context, words)
        command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", {"COMP_WORDS": "fakelens che", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "fakelens che"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "fakelens che", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_a_shell_completes_commands_once_completion_is_installed(
    shell: str, asked: dict[str, str], tmp_path: Path
) -> None:
    environment = os.environ | asked | {"_FAKELENS_COMPLETE": f"complete_{shell}"}
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "check" in done.stdout
    if shutil.which(shell):
        environment = os.environ | {"HOME": str(tmp_path), "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"}
        command = [
            shell,
            "-c",
            "fakelens --install-completion; exit",
        ]  # two words, or the shell replaces itself
        subprocess.run(command, env=environment, capture_output=True, check=True)
        scripts = [path for path in tmp_path.rglob("*fakelens*") if path.is_file()]
        assert len(scripts) == 1
        assert "_FAKELENS_COMPLETE" in scripts[0].read_text(encoding="utf-8")
