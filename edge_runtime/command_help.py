"""The command line's table of contents: the commands in groups, each with examples."""

from dataclasses import dataclass
from typing import Any

from typer.core import TyperGroup

_REST = "Further commands"
_SUMMARY_LENGTH = 300  # characters: whole sentences, which the help wraps


@dataclass(frozen=True, kw_only=True)
class CommandHelp:
    """Where `fakelens --help` lists a command, and examples of its use for `fakelens COMMAND --help`."""

    group: str
    examples: tuple[str, ...]


COMMANDS = {  # in the order of the help; a command that is not installed is passed over
    "check": CommandHelp(
        group="Look at pictures",
        examples=(
            "fakelens check photo.jpg",
            "fakelens check pictures/ --html verdicts.html",
            'fakelens check "pictures/*.png" --json --fail-on fake',
        ),
    ),
    "watch": CommandHelp(
        group="Look at pictures",
        examples=(
            "fakelens watch",
            "fakelens watch --source clip.mp4 --headless --jsonl verdicts.jsonl",
            "fakelens watch --source rtsp://camera/stream --preview",
        ),
    ),
    "serve": CommandHelp(
        group="Look at pictures",
        examples=("fakelens serve", "fakelens serve 0.0.0.0:8090 --token @token.txt"),
    ),
    "scan": CommandHelp(
        group="Look at pictures",
        examples=(
            "fakelens scan pictures.csv -o verdicts",
            "fakelens scan pictures.csv -o verdicts --shard 0/8",
            "fakelens scan --report verdicts --html report.html",
        ),
    ),
    "train": CommandHelp(
        group="Make models",
        examples=(
            "fakelens train data -o run",
            "fakelens train data -o run --network compact --prune 0.5 --qat",
            "fakelens train -o run --resume",
        ),
    ),
    "convert": CommandHelp(
        group="Make models",
        examples=(
            "fakelens convert run --int8 -o model.tflite",
            "fakelens convert run --float32",
        ),
    ),
    "synthesize": CommandHelp(
        group="Make models",
        examples=("fakelens synthesize photos -o data", "fakelens synthesize photos -o data --whole"),
    ),
    "bench": CommandHelp(
        group="Measure",
        examples=(
            "fakelens bench model.tflite photo --threads 1,2",
            "fakelens bench model.tflite --data unseen --json",
            "fakelens bench photo --data unseen --robust",
        ),
    ),
    "audit": CommandHelp(
        group="Measure",
        examples=("fakelens audit data", "fakelens audit data --equalize fair"),
    ),
    "ship": CommandHelp(
        group="Ship",
        examples=("fakelens ship photo --to kits", "fakelens ship model.tflite --to kits --web"),
    ),
    "info": CommandHelp(
        group="Ship",
        examples=("fakelens info photo", "fakelens info model.tflite --app --json"),
    ),
    "doctor": CommandHelp(group="This machine", examples=("fakelens doctor", "fakelens doctor --json")),
    "service": CommandHelp(
        group="This machine",
        examples=("fakelens service install -- --headless --jsonl verdicts.jsonl", "fakelens service status"),
    ),
}
_EXAMPLES = (
    ("fakelens check photo.jpg", "is this picture fake?"),
    ("fakelens watch --preview", "a camera, live, in a browser"),
    ("fakelens train data -o run", "a model of your own, from two folders"),
    ("fakelens COMMAND --help", "options and more examples"),
)


class GroupedCommands(TyperGroup):
    """The commands of `COMMANDS`, under the headings of their groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a list of commands for each group, and examples."""
        for group in dict.fromkeys([*(each.group for each in COMMANDS.values()), _REST]):
            rows = [
                (name, command.get_short_help_str(_SUMMARY_LENGTH))
                for name, command in self._list_visible(ctx)
                if _find_group(name) == group
            ]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command with its examples below its help; None where there is none of this name."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and cmd_name in COMMANDS and not command.epilog:
            command.epilog = "\n".join(
                ("\b", "Examples:", *(f"  {line}" for line in COMMANDS[cmd_name].examples))
            )
        return command

    def _list_visible(self, ctx: Any) -> list[tuple[str, Any]]:
        found = [
            (name, self.get_command(ctx, name)) for name in sorted(self.list_commands(ctx), key=_find_place)
        ]
        return [(name, command) for name, command in found if command is not None and not command.hidden]


def _find_group(name: str) -> str:
    return COMMANDS[name].group if name in COMMANDS else _REST


def _find_place(name: str) -> int:
    return list(COMMANDS).index(name) if name in COMMANDS else len(COMMANDS)
