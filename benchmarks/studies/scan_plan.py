"""Whether plan, resume and merge of a scan hold for millions of lines: one stub picture behind all of them.

Run as `python -m fakelens.benchmarks.studies.scan_plan --lines 10000000`. Shards run side by side,
one a core, each killed (SIGKILL) several times: first as it plans, then at even distances over its lines.
At the end every name must stand in the merged results once.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.errors import FakelensError
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


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a simulated scan came to."""

    lines: int
    kills: int
    lost: int
    doubled: int
    parts: int
    peak_mb: float  # memory of the largest process, the merging one included


def scan_plan(
    lines: Annotated[int, typer.Option(min=1, help="Of the manifest.")] = 10_000_000,
    shards: Annotated[int, typer.Option(min=1, help="Side by side, one a core.")] = 4,
    kills: Annotated[int, typer.Option(min=0, help="Of each shard.")] = 3,
    folder: Annotated[Path | None, typer.Option(help="With space for 400 bytes a line.")] = None,
) -> None:
    """Simulate a scan of `--lines` pictures, killed again and again; 1 where a line is lost or doubled."""
    with tempfile.TemporaryDirectory(dir=folder) as base:
        found = simulate(Path(base), lines, shards, kills)
    typer.echo(
        f"{found.lines:,} lines in {shards} shards, {found.kills} kills: {found.lost:,} lost, "
        f"{found.doubled:,} doubled; {found.parts} parts merged; largest process {found.peak_mb:.0f} MB"
    )
    if found.lost or found.doubled:
        raise typer.Exit(1)


def simulate(base: Path, lines: int, shards: int, kills: int) -> Simulation:
    """Run it in the folder `base` and count what went wrong."""
    manifest = base / "list.txt"
    with manifest.open("w", encoding="ascii") as file:
        file.writelines(_NAME.format(number // 1000, number) + "\n" for number in range(lines))
    picture = base / "stub.jpg"
    picture.write_bytes(make_photo(64, 64))

    def run_shard(index: int) -> int:
        config = ScanConfig(
            inputs=[str(manifest)],
            output=base / "shards",
            checker=CheckerSpec(model=_MODEL),
            shard=Shard(index=index, count=shards),
        )
        killed = _run_killed(config, picture, _choose_moments(picture, lines // shards, kills))
        typer.echo(f"shard {index} of {shards} is done, killed {killed} times", err=True)
        return killed

    with ThreadPoolExecutor(count_cores()) as pool:
        killed = sum(pool.map(run_shard, range(shards)))
    merged, _ = merge([base / "shards"], base / "merged")
    header = read_header(base / "merged")
    assert header is not None
    names, digest = sum_names(Item(name=_find_path(line)) for line in read_lines(base / "merged"))
    wrong = digest != header.plan.names_digest
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Simulation(
        lines=merged,
        kills=killed,
        lost=max(0, lines - names) or int(wrong and names == lines),
        doubled=max(0, names - lines) or int(wrong and names == lines),
        parts=len(read_ledger(base / "merged")),
        peak_mb=max(peaks) / 1024,
    )


def _choose_moments(picture: Path, lines: int, kills: int) -> list[int]:
    """Return `kills` sizes in bytes of plan and parts at which a shard of `lines` lines is killed."""
    (stub,) = Checker(CheckerSpec(model=_MODEL)).check([Item(name=str(picture))])
    name = len(_NAME.format(0, 0))
    plan, rest = lines * name, lines * (len(stub.line) - len(str(picture)) + name)
    return [plan // 2, *(plan + rest * number // kills for number in range(1, kills))][:kills]


def _run_killed(config: ScanConfig, picture: Path, moments: list[int]) -> int:
    """Scan in a process of its own; kill it as its folder reaches each of the sizes `moments`."""
    killed = 0
    context = multiprocessing.get_context("spawn")
    while True:
        process = context.Process(target=_scan_stub, args=(config, picture))
        process.start()
        while killed < len(moments) and process.is_alive():
            time.sleep(0.02)
            if _count_bytes(config.folder) > moments[killed]:
                process.kill()
                killed += 1
                break
        process.join()
        if process.exitcode == 0:
            return killed
        if process.exitcode != -9:
            raise FakelensError(f"{config.folder}: a simulated shard ended with {process.exitcode}")


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
        (stub,) = Checker(spec).check([Item(name=str(picture))])
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
