"""Damaged files by the thousand, kills, full disks and dying brokers; `make fuzz` calls it.

`python -m tests.fuzz.campaign IMAGES MODELS FAULTS` prints tables; `--page PAGE` writes them into a page.
MODELS counts twice, for their bytes and for their graphs. FAULTS are kills and full disks of each command
that writes, or of those that `--command` names, and dying brokers. With `--state FILE` it goes on where it
was stopped, as long as the code is the same; `--minutes N` stops it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.fuzz.commands import COMMANDS, make_inputs
from tests.fuzz.damaged import Kind, Tally, render_damaged, try_damaged
from tests.fuzz.dying_broker import DyingBroker, can_run_brokers, kill_broker, render_brokers
from tests.fuzz.full_disk import FullDisk, can_fill_disks, fill_disk, render_full_disks
from tests.fuzz.kills import Kills, kill_at_random, render_kills
from tests.fuzz.page import write_into
from tests.fuzz.progress import Found, Progress, load_progress, save_progress

_BEGIN = "<!-- made by make fuzz -->"
_AT_ONCE = 1000  # damaged files, between two looks at the clock
_DEATHS_AT_ONCE = 5
_PER_MINUTE = 60.0
Task = tuple[type[Found], str, int, int, Callable[[int, int], Found]]


def main(arguments: list[str]) -> int:
    """Run a campaign, or go on with one."""
    options = _parse(arguments)
    progress = Progress() if options.state is None else load_progress(options.state)
    try:
        for part in _run(options, progress):
            progress.add(part)
            if options.state is not None:
                save_progress(options.state, progress)
    except KeyboardInterrupt:
        print("interrupted; the tables are of what was tried", file=sys.stderr)
    table = _render(progress, options.command)
    if options.page is not None:
        write_into(options.page, _BEGIN, table)
    print(table)
    failures = progress.list_failures()
    for line in failures[:20]:
        print(line, file=sys.stderr)
    return int(bool(failures))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="campaign")
    for name in ("images", "models", "faults"):
        parser.add_argument(name, type=int)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--command", action="append", choices=list(COMMANDS))
    options = parser.parse_args(arguments)
    options.command = options.command or list(COMMANDS)
    return options


def _run(options: argparse.Namespace, progress: Progress) -> Iterator[Found]:
    """Yield part after part, in turns, until all is tried or the time is over."""
    end = time.monotonic() + options.minutes * _PER_MINUTE
    with tempfile.TemporaryDirectory() as base:
        inputs = Path(base, "inputs")
        if options.faults:
            make_inputs(inputs, run="convert" in options.command)
        tasks = list(_list_tasks(options, inputs, Path(base)))
        while time.monotonic() < end:
            left = [
                (attempt, min(most, wanted - progress.get(kind, name).tries), progress.get(kind, name).tries)
                for kind, name, wanted, most, attempt in tasks
                if progress.get(kind, name).tries < wanted
            ]
            if not left:
                return
            for attempt, tries, first in left:
                if time.monotonic() < end:
                    yield attempt(tries, first)


def _list_tasks(options: argparse.Namespace, inputs: Path, scratch: Path) -> Iterator[Task]:
    """Yield kind and name, the tries wanted and those at once, and what tries so many from a number on."""
    for kind in Kind:
        wanted = options.images if kind is Kind.IMAGES else options.models
        yield Tally, str(kind), wanted, _AT_ONCE, partial(try_damaged, str(kind))
    for name in options.command:
        yield Kills, name, options.faults, 1, partial(kill_at_random, name, inputs, scratch)
        if can_fill_disks():
            yield FullDisk, name, options.faults, 1, partial(fill_disk, name, inputs, scratch)
    if can_run_brokers():
        yield DyingBroker, "mqtt", options.faults, _DEATHS_AT_ONCE, partial(kill_broker, inputs, scratch)


def _render(progress: Progress, names: list[str]) -> str:
    def of(kind: type[Found], wanted: list[str]) -> list[Found]:
        return [progress.get(kind, name) for name in wanted if progress.get(kind, name).tries]

    return "\n".join(
        (
            render_damaged(of(Tally, [str(kind) for kind in Kind])),
            render_kills(of(Kills, names)),
            render_full_disks(of(FullDisk, names)),
            render_brokers(of(DyingBroker, ["mqtt"])),
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
