"""Peak memory of `fakelens check` on folders of large photos, by the number of threads.

Run as `python -m fakelens.benchmarks.studies.check_memory`. Each run is a process of its own, as a user
starts it; the system tells its peak. It hardly depends on the load of the machine, and not on its speed.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.host import describe_host
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.pictures.preprocess import load_image

_MODELS = ("photo", "cifake-300k")
_MB = 1e6
_QUALITY = 92  # of JPEG
_WIDTH, _HEIGHT = 4000, 3000  # px, of the photos: 12 megapixels
_ROUNDS = 2  # of each check; the largest peak counts
# Written here, not imported: what is loaded beside the command would count.
_RUN = """\
import sys
from fakelens.edge_runtime.main import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        sys.stderr.write(next(line for line in status if line.startswith("VmHWM")))
"""


@dataclass(frozen=True, kw_only=True)
class MemoryResult:
    """The largest of the rounds of one model on one kind of picture."""

    model: str
    kind: str  # of JPEG
    peaks_bytes: dict[str, int]  # resident, by the number of threads


@dataclass(frozen=True, kw_only=True)
class MemoryReport:
    """What a run of this study came to, and where."""

    host: str
    images: int  # in each folder
    width: int  # px
    height: int
    results: tuple[MemoryResult, ...]


def check_memory(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; photo and cifake-300k.")
    ] = None,
    threads: Annotated[str, typer.Option(help="Numbers of threads.")] = "1,2,4",
    images: Annotated[int, typer.Option(min=1, help="In each folder.")] = 16,
    json_: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
    from_: Annotated[Path | None, typer.Option("--from", help="Print the table of such a file.")] = None,
    most_mb: Annotated[float | None, typer.Option(help="Exit 1 where a peak is above.")] = None,
) -> None:
    """Print the peak memory of a check of a folder of photos as a Markdown table."""
    if from_ is not None:
        typer.echo(format_memory(read_report(from_)))
        return
    counts = [int(word) if word.isdecimal() else 0 for word in threads.split(",")]
    if min(counts) < 1:
        raise UsageError(f"--threads is {threads}, expected numbers from 1 on, such as 1,2")
    if not Path("/proc/self/status").exists():
        raise UsageError("the peak of a process is read from /proc/self/status, which only Linux has")
    with tempfile.TemporaryDirectory() as base:
        folders = make_folders(Path(base), images, _WIDTH, _HEIGHT)
        results = tuple(
            measure_memory(model, kind, folder, counts, _ROUNDS)
            for model in models or _MODELS
            for kind, folder in folders.items()
        )
    host = describe_host()
    report = MemoryReport(
        host=f"{host.identity}, Python {host.python}, Pillow {host.pillow}, LiteRT {host.litert}",
        images=images,
        width=_WIDTH,
        height=_HEIGHT,
        results=results,
    )
    if json_ is not None:
        write_atomic(json_, json.dumps(asdict(report), indent=1) + "\n")
    typer.echo(format_memory(report))
    highest = max(peak for result in results for peak in result.peaks_bytes.values()) / _MB
    if most_mb is not None and highest > most_mb:
        raise GateError(f"a peak of {highest:.0f} MB is above {most_mb:g} MB")


def make_folders(base: Path, images: int, width: int, height: int) -> dict[str, Path]:
    """Write two folders of `images` files of one photo, and return them by the kind of JPEG."""
    photo = make_photo(width, height)
    buffer = io.BytesIO()
    load_image(photo).save(buffer, "JPEG", quality=_QUALITY, progressive=True)
    folders: dict[str, Path] = {}
    for kind, content in (("baseline", photo), ("progressive", buffer.getvalue())):
        folder = folders[kind] = base / kind
        folder.mkdir()
        for number in range(images):
            (folder / f"{number:04}.jpg").write_bytes(content)
    return folders


def measure_memory(model: str, kind: str, folder: Path, threads: Sequence[int], rounds: int) -> MemoryResult:
    """Return the peaks of checks of `folder`; `UsageError` where one of them fails."""
    peaks = {
        str(count): max(
            _measure_peak(["check", str(folder), "--json", "--model", model], count) for _ in range(rounds)
        )
        for count in threads
    }
    return MemoryResult(model=model, kind=kind, peaks_bytes=peaks)


def format_memory(report: MemoryReport) -> str:
    """Return a Markdown table, a line for each model and kind, a column for each number of threads."""
    counts = list(report.results[0].peaks_bytes)
    header = ("model", "JPEGs", *(f"{count} thread{'s' * (count != '1')}, MB" for count in counts))
    rows = [
        (f"`{result.model}`", result.kind, *(f"{result.peaks_bytes[count] / _MB:.0f}" for count in counts))
        for result in report.results
    ]
    return format_table(header, rows)


def read_report(path: Path) -> MemoryReport:
    """Return what `--json` wrote; `UsageError` for anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        results = tuple(MemoryResult(**row) for row in found.pop("results"))
        return MemoryReport(**found, results=results)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path}: not what --json of this study writes ({error})") from error


def _measure_peak(words: Sequence[str], threads: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *words, "--threads", str(threads)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONSAFEPATH": "1"},
    )
    said = done.stderr.strip().splitlines()
    if done.returncode or not said or not said[-1].startswith("VmHWM"):
        raise UsageError(f"fakelens {words[0]} ended with {done.returncode}: {(said or [''])[0]}")
    return int(said[-1].split()[1]) * 1024


if __name__ == "__main__":
    run_command(check_memory)
