"""One scan from plan to last line: what `fakelens scan` does, as a library call."""

import errno
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_folder_writable
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.redact import redact_url
from fakelens.edge_runtime.scan.checker import (
    Answer,
    Check,
    Checker,
    CheckerSpec,
    is_passing,
    is_relative,
)
from fakelens.edge_runtime.scan.header import (
    Header,
    read_header,
    refuse_other,
    write_header,
)
from fakelens.edge_runtime.scan.inputs import STDIN, Input, InputKind, digest_stream, find_scan_inputs
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.outcome import ERROR
from fakelens.edge_runtime.scan.pace import Pace
from fakelens.edge_runtime.scan.part_format import PartFormat
from fakelens.edge_runtime.scan.plan import PlanFacts, digest_items, read_plan, sum_names, write_plan
from fakelens.edge_runtime.scan.results import PART_LINES, Results, lock_folder
from fakelens.edge_runtime.scan.shard import Shard
from fakelens.edge_runtime.scan.skipped import Skipped, describe_skipped

PLAN_NAME = "plan.txt"
GIVE_UP_AFTER = 50  # errors in a row that another run may not see: then the net is down


@dataclass(frozen=True, kw_only=True)
class ScanConfig:
    """What is scanned, and into what."""

    inputs: list[str]
    output: Path
    checker: CheckerSpec = field(default_factory=CheckerSpec)
    shard: Shard = field(default_factory=Shard)
    parts: PartFormat = PartFormat.JSONL
    part_lines: int = PART_LINES
    column: str | None = None
    give_up_after: int = GIVE_UP_AFTER  # pictures in a row that no store gives; 0: never

    @property
    def folder(self) -> Path:
        """Where the results of this shard go."""
        return self.output / self.shard.folder


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """What a scan came to."""

    folder: Path
    lines: int
    counts: Counter[str]  # by outcome
    skipped: dict[str, Any]  # see `Skipped`
    rate: float  # images a second in this run

    @property
    def errors(self) -> int:
        """Pictures without verdict."""
        return sum(count for outcome, count in self.counts.items() if outcome.startswith(ERROR))


def scan(config: ScanConfig, open_check: Callable[[CheckerSpec], Check] | None = None) -> ScanResult:
    """Check all pictures of this shard, each once; goes on where an earlier run of the same ended.

    `open_check` gives what checks, by default a `Checker` of this process. Raises `UsageError` for inputs
    that are none, and for a folder that holds other results.
    """
    inputs = _find_inputs(config)
    check = (open_check or (lambda spec: Checker(spec).check))(config.checker)
    folder = config.folder
    check_folder_writable(folder, f"-o {folder}")
    header = _prepare(config, inputs)
    with closing(Results(folder, config.parts, config.part_lines)) as results:
        rate = _check_rest(check, results, config, header.plan)
        results.finish_part()
        if results.done != header.plan.lines:
            raise UsageError(
                f"{folder}: {results.done} lines for {header.plan.lines} pictures of its plan; it is "
                "damaged, "
                "give another -o"
            )
        return ScanResult(
            folder=folder, lines=results.done, counts=results.counts, skipped=header.skipped, rate=rate
        )


def stream(config: ScanConfig, out: TextIO) -> ScanResult:
    """Check all pictures of this shard as they come and write their lines to `out`, nothing else."""
    inputs = _find_inputs(config)
    checker, skipped = Checker(config.checker), Skipped()
    counts: Counter[str] = Counter()
    items = _list_all(inputs, skipped, config)
    if config.inputs != [STDIN]:  # a part of a longer list may be empty
        items = _refuse_none(items, config, skipped)
    for answer in checker.check(_pick(items, config.shard)):
        out.write(answer.line + "\n")
        out.flush()
        counts[answer.outcome] += 1
    return ScanResult(
        folder=Path(STDIN), lines=counts.total(), counts=counts, skipped=skipped.to_json(), rate=0.0
    )


def _find_inputs(config: ScanConfig) -> list[Input]:
    """Return the inputs; `UsageError` for options that are of a manifest and would mislead beside others."""
    inputs = find_scan_inputs(config.inputs)
    if config.column is not None and all(each.kind is not InputKind.MANIFEST for each in inputs):
        raise UsageError(f"--column {config.column}: is of a manifest, and none is given; leave it out")
    for each in inputs:
        if config.checker.root and each.is_relative:
            raise UsageError(
                f"--root {config.checker.root}: is for the names in a manifest; leave it out, or give "
                f"{each.name} by its whole path: {Path(each.name).absolute()}"
            )
    return inputs


def _check_rest(check: Check, results: Results, config: ScanConfig, plan: PlanFacts) -> float:
    folder = config.folder
    with Pace(plan.lines, results.done) as pace:
        answers = check(read_plan(folder / PLAN_NAME, results.done) if results.done < plan.lines else ())
        if config.give_up_after:
            answers = _stop_where_the_net_is_down(answers, folder, config.give_up_after)
        for answer in answers:
            results.add(answer)
            pace.advance(is_error=answer.outcome.startswith(ERROR))
        return pace.rate()


def _stop_where_the_net_is_down(answers: Iterable[Answer], folder: Path, most: int) -> Iterator[Answer]:
    """Yield `answers`; hold back errors that may pass, and give up after many in a row, none of them kept."""
    held: list[Answer] = []
    for answer in answers:
        if not is_passing(answer):
            yield from held
            held.clear()
            yield answer
            continue
        held.append(answer)
        if len(held) >= most:
            kind = answer.outcome.removeprefix(ERROR)
            said = str(json.loads(answer.line).get("error"))[:200]
            raise UsageError(
                f"{folder}: {most} pictures in a row are {kind} (the last: {said}); see to network and "
                "credentials, then run the same command again: nothing of these is kept, all before them is; "
                "--give-up-after 0 goes on, and keeps their errors"
            )
    yield from held


def _prepare(config: ScanConfig, inputs: list[Input]) -> Header:
    """Return the header of the results, from the folder where it is there; else plan and write it."""
    folder = config.folder
    mine = _make_header(config, inputs)
    found = read_header(folder)
    if found is not None:
        refuse_other(found, mine, folder)
        if STDIN in config.inputs:
            _refuse_other_names(config, inputs, found)
        _refuse_other_folder(config, found, mine)
        return found
    lock = lock_folder(folder)
    try:
        return _plan(config, inputs, mine)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UsageError(f"{folder}: the disk is full; free some space and run it again") from error
        raise
    finally:
        os.close(lock)


def _plan(config: ScanConfig, inputs: list[Input], header: Header) -> Header:
    skipped = Skipped()
    path = config.folder / PLAN_NAME
    try:
        items = _refuse_none(_list_all(inputs, skipped, config), config, skipped)
        plan = write_plan(path, items, config.shard)
    except UsageError:
        path.unlink(missing_ok=True)
        raise
    header = replace(header, plan=plan, skipped=skipped.to_json())
    write_header(config.folder, header)
    return header


def _refuse_other_names(config: ScanConfig, inputs: list[Input], found: Header) -> None:
    """Compare standard input, which has no name to know it by, with what it was."""
    now = sum_names(_list_all(inputs, Skipped(), config))
    before = (found.plan.names, found.plan.names_digest)
    if now != before:
        raise UsageError(
            f"{config.folder} holds results of {before[0]} names ({before[1][:8]}), not of the {now[0]} "
            f"({now[1][:8]}) on standard input; give another -o, or remove the folder"
        )


def _refuse_other_folder(config: ScanConfig, found: Header, mine: Header) -> None:
    """Raise `UsageError` where names of the plan are relative and would now be of other files.

    A folder that is no longer there was renamed, or is mounted elsewhere: then the names still hold.
    """
    if found.started_in is None or mine.started_in is None:
        return
    try:
        if os.path.samefile(found.started_in, mine.started_in):  # noqa: PTH121 (both are text)
            return
    except FileNotFoundError:
        return
    except OSError:
        pass  # it is there, and closed: another one
    plan = read_plan(config.folder / PLAN_NAME)
    name = next((item.name for item in plan if is_relative(item, config.checker.root)), None)
    if name is not None:
        raise UsageError(
            f"{config.folder} was begun in {found.started_in}, and names such as {name} begin there, not in "
            f"{mine.started_in}; run the same command in that folder, or give another -o"
        )


def _find_here() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # removed in the meantime: only absolute names are found
        return None


def _make_header(config: ScanConfig, inputs: list[Input]) -> Header:
    file = read_model(find_model(config.checker.model))
    with file.path.open("rb") as content:
        digest = digest_stream(content)
    spec = config.checker
    settings = {
        "--pixels-only": spec.pixels_only,
        "--cautious or --sensitive": str(spec.stance or "none"),
        "--strict": spec.strict,
        "--max-megapixels": spec.max_megapixels,
        "--column": config.column or "",
    }
    return Header(
        model=file.contract.name,
        model_digest=digest,
        inputs=[[each.name, each.identify()] for each in inputs],
        settings=settings,
        shard=str(config.shard),
        parts=config.parts,
        plan=PlanFacts(lines=0, names=0, names_digest=""),
        root=spec.root.rstrip("/") or spec.root,
        started_in=_find_here(),
    )


def _list_all(inputs: list[Input], skipped: Skipped, config: ScanConfig) -> Iterator[Item]:
    seen: set[tuple[int, int]] = set()
    return chain.from_iterable(each.list_items(skipped, config.column, seen) for each in inputs)


def _refuse_none(items: Iterator[Item], config: ScanConfig, skipped: Skipped) -> Iterator[Item]:
    """Yield `items`; raise `UsageError` where there is none."""
    first = next(items, None)
    if first is None:
        rest = "".join(f"; {line}" for line in describe_skipped(skipped.to_json()))
        raise UsageError(
            f"{', '.join(map(redact_url, config.inputs))}: no pictures{rest}; there is nothing to scan: give "
            "a folder with some, or a list with a name a line"
        )
    yield from chain([first], items)


def _pick(items: Iterator[Item], shard: Shard) -> Iterator[Item]:
    return (item for item, digest in digest_items(items) if shard.holds(digest))
