"""Whether plan, resume and merge of a scan hold for millions of lines: one stub picture behind all of them.

Run as `python -m fakelens.benchmarks.studies.scan_plan --lines 10000000`. Shards run side by side,
one a core, each killed (SIGKILL) several times: first as it plans, then at even distances over its lines.
At the end every name must stand in the merged results once. With `--folder` a simulation that was stopped
goes on there.
"""

import json
import multiprocessing
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.scan.checker import Answer, Check, Checker, CheckerSpec
from fakelens.edge_runtime.scan.header import read_header
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.ledger import read_ledger
from fakelens.edge_runtime.scan.merge import merge
from fakelens.edge_runtime.scan.plan import sum_names
from fakelens.edge_runtime.scan.results import read_lines
from fakelens.edge_runtime.scan.run import PLAN_NAME, ScanConfig, scan
from fakelens.edge_runtime.scan.shard import Shard

_NAME = "archive/{:04d}/{:09d}.jpg"
_NEEDLE = '"path": "'
_MODEL = "cifake-quick"  # the smallest, for its one picture
_ALL = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
_PLANNED = 4  # the first kill falls on this part of the plan: it is made anew


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a simulated scan came to."""

    lines: int
    kills: int
    lost: int
    doubled: int
    parts: int
    peak_mb: float  # memory of the largest process, the merging one included
    cpu_s: float  # of all processes and runs together


def scan_plan(
    lines: Annotated[int, typer.Option(min=1, help="Of the manifest.")] = 10_000_000,
    shards: Annotated[int, typer.Option(min=1, help="Side by side, one a core.")] = 2,
    kills: Annotated[int, typer.Option(min=0, help="Of each shard.")] = 3,
    folder: Annotated[
        Path | None,
        typer.Option(help="With space for 400 bytes a line; a simulation that was stopped goes on in it."),
    ] = None,
) -> None:
    """Simulate a scan of `--lines` pictures, killed again and again; 1 where a line is lost or doubled."""
    if folder is None:
        with tempfile.TemporaryDirectory() as base:
            found = simulate(Path(base), lines, shards, kills)
    else:
        base_folder = folder / f"scan_plan-{lines}-{shards}-{kills}"
        found = simulate(base_folder, lines, shards, kills)
        shutil.rmtree(base_folder)
    typer.echo(
        f"{found.lines:,} lines in {shards} shards, {found.kills} kills: {found.lost:,} lost, "
        f"{found.doubled:,} doubled; {found.parts} parts merged; largest process {found.peak_mb:.0f} MB; "
        f"{found.cpu_s:,.0f} s of a processor"
    )
    if found.lost or found.doubled:
        raise typer.Exit(1)


def simulate(base: Path, lines: int, shards: int, kills: int) -> Simulation:
    """Run it in the folder `base`, or go on there, and count what went wrong."""
    manifest, picture = _make_inputs(base, lines)
    diary = _Diary(base / "diary.json")

    def run_shard(index: int) -> None:
        config = ScanConfig(
            inputs=[str(manifest)],
            output=base / "shards",
            checker=CheckerSpec(model=_MODEL),
            shard=Shard(index=index, count=shards),
        )
        _run_killed(config, picture, _choose_moments(picture, lines // shards, kills), diary)
        typer.echo(f"shard {index} of {shards} is done, killed {diary.count_kills(index)} times", err=True)

    with ThreadPoolExecutor(count_cores()) as pool:
        for _ in pool.map(run_shard, range(shards)):
            pass
    merged = base / "merged"
    if not merged.exists():  # it comes into being whole
        merge([base / "shards"], merged)
    diary.save()
    header = read_header(merged)
    assert header is not None
    names, digest = sum_names(Item(_find_path(line)) for line in read_lines(merged))
    wrong = digest != header.plan.names_digest
    diary.save()
    return Simulation(
        lines=header.plan.lines,
        kills=sum(map(diary.count_kills, range(shards))),
        lost=max(0, lines - names) or int(wrong and names == lines),
        doubled=max(0, names - lines) or int(wrong and names == lines),
        parts=len(read_ledger(merged)),
        peak_mb=diary.entry.peak_mb,
        cpu_s=diary.entry.cpu_s,
    )


def _make_inputs(base: Path, lines: int) -> tuple[Path, Path]:
    """Write a manifest and the one picture behind it, unless they are there."""
    manifest, picture = base / "list.txt", base / "stub.jpg"
    if not manifest.exists():
        base.mkdir(parents=True, exist_ok=True)
        staged = base / "list.tmp"
        with staged.open("w", encoding="ascii") as file:
            file.writelines(_NAME.format(number // 1000, number) + "\n" for number in range(lines))
        picture.write_bytes(make_photo(64, 64))
        staged.replace(manifest)
    return manifest, picture


@dataclass(kw_only=True)
class _Entry:
    """What runs before this one took, and how often which shard was killed."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0
    kills: dict[str, int] = field(default_factory=dict)  # by shard


class _Diary:
    """Keeps an entry in a file, for a simulation that is stopped."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self.entry = _Entry(**json.loads(path.read_text())) if path.exists() else _Entry()
        self._before_s = self.entry.cpu_s - _count_cpu()

    def count_kills(self, shard: int) -> int:
        return self.entry.kills.get(str(shard), 0)

    def add_kill(self, shard: int) -> None:
        with self._lock:
            self.entry.kills[str(shard)] = self.count_kills(shard) + 1

    def save(self) -> None:
        """Write it, with what this process and those that it started took by now."""
        with self._lock:
            peaks = [resource.getrusage(who).ru_maxrss for who in _ALL]
            self.entry.peak_mb = max(self.entry.peak_mb, *(peak / 1024 for peak in peaks))
            self.entry.cpu_s = self._before_s + _count_cpu()
            write_atomic(self._path, json.dumps(asdict(self.entry)))


def _count_cpu() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, _ALL))


def _choose_moments(picture: Path, lines: int, kills: int) -> list[int]:
    """Return `kills` sizes in bytes of plan and parts at which a shard of `lines` lines is killed."""
    (stub,) = Checker(CheckerSpec(model=_MODEL)).check([Item(str(picture))])
    name = len(_NAME.format(0, 0))
    plan, rest = lines * name, lines * (len(stub.line) - len(str(picture)) + name)
    return [plan // _PLANNED, *(plan + rest * number // kills for number in range(1, kills))][:kills]


def _run_killed(config: ScanConfig, picture: Path, moments: list[int], diary: _Diary) -> None:
    """Scan in a process of its own; kill it as its folder reaches each of the sizes `moments`."""
    shard = config.shard.index
    context = multiprocessing.get_context("spawn")
    while True:
        process = context.Process(target=_scan_stub, args=(config, picture), daemon=True)
        process.start()
        killed = diary.count_kills(shard)
        ours = killed < len(moments) and _kill_at(process, config.folder, moments[killed])
        process.join()
        if ours and process.exitcode == -signal.SIGKILL:
            diary.add_kill(shard)
        diary.save()
        if process.exitcode == 0:
            return
        if not ours:
            raise FakelensError(f"{config.folder}: a simulated shard ended with {process.exitcode}")


def _kill_at(process: SpawnProcess, folder: Path, size_bytes: int) -> bool:
    """Kill `process` as what it writes into `folder` is larger; False where it ends before that."""
    while process.is_alive():
        if _count_bytes(folder) > size_bytes:
            process.kill()
            return True
        time.sleep(0.02)
    return False


def _count_bytes(folder: Path) -> int:
    total = 0
    for path in [folder / PLAN_NAME, *folder.glob("part-*.jsonl")]:
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # renamed just now
            continue
    return total


def _scan_stub(config: ScanConfig, picture: Path) -> None:
    def open_stub(spec: CheckerSpec) -> Check:
        (stub,) = Checker(spec).check([Item(str(picture))])
        before, after = stub.line.split(str(picture))

        def check(items: Iterable[Item]) -> Iterator[Answer]:
            for item in items:
                yield Answer(line=f"{before}{item.name}{after}", outcome=stub.outcome)

        return check

    try:
        scan(config, open_stub)
    except FakelensError as error:
        typer.echo(f"fakelens: {error}", err=True)
        sys.exit(2)


def _find_path(line: str) -> str:
    start = line.index(_NEEDLE) + len(_NEEDLE)
    return line[start : line.index('"', start)]


if __name__ == "__main__":
    run_command(scan_plan)
