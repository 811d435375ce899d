"""Everything that can be measured on one machine, in one JSON file to contribute.

Run as `python -m fakelens.benchmarks.studies.contribute` on an idle machine, a Raspberry Pi above all; it
takes some minutes, needs the base install alone and sends nothing anywhere. What to do with the file:
results/README.md.
"""

import json
import logging
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.studies.bare_loop import BareLoopResult, measure_bare_loop
from fakelens.benchmarks.studies.megapixels import PhotoCost, measure_photo
from fakelens.benchmarks.timing.host import Host, describe_host
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.doctor.examination import examine
from fakelens.edge_runtime.doctor.health import Check
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model, list_models
from fakelens.edge_runtime.modelfile.threads import count_cores

FORMAT = 1
_PHOTO_PX = (4000, 3000)
_PHOTO_RUNS = 9
_ROUNDS = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one machine gave."""

    format: int
    measured_at: str  # UTC
    host: Host
    checks: tuple[Check, ...]  # of `fakelens doctor`: power, temperature, throttling
    bench: tuple[Any, ...]  # rows of `fakelens bench --json`
    bare_loop: tuple[BareLoopResult, ...]  # a folder against a hand-written loop
    photo: PhotoCost  # a check of 12 megapixels
    checks_after: tuple[Check, ...]  # whether it got hot or was throttled meanwhile


def contribute(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; all release models.")
    ] = None,
    images: Annotated[int, typer.Option(min=2, help="Of the folders that are checked.")] = 200,
    data: Annotated[
        Path | None, typer.Option(help="Labelled images, as of `fakelens bench`, for accuracy too.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the file.")] = Path(),
) -> None:
    """Measure this machine, write one JSON file and print its name."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("fakelens").setLevel(logging.INFO)
    found = measure_host(models or list_models(), images, data)
    path = output / f"{name_host(found.host)}.json"
    write_atomic(path, json.dumps(asdict(found), indent=1) + "\n")
    typer.echo(path)


def measure_host(models: list[str], images: int, data: Path | None = None) -> Contribution:
    """Return all figures of this machine; `GateError` where `fakelens bench` fails."""
    before = tuple(examine())
    threads = sorted({1, min(2, count_cores()), min(4, count_cores())})
    _log.info("bench: %s, threads %s", ", ".join(models), ", ".join(map(str, threads)))
    rows = _run_bench(models, threads, data)
    loops = []
    for model in models:
        for count in threads:
            _log.info("a folder of %d images: %s, threads %d", images, model, count)
            loops.append(measure_bare_loop(find_model(model), images=images, rounds=_ROUNDS, threads=count))
    _log.info("a photo of 12 megapixels")
    photo = measure_photo(Detector(DEFAULT_MODEL), make_photo(*_PHOTO_PX), _PHOTO_RUNS)
    return Contribution(
        format=FORMAT,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        host=describe_host(),
        checks=before,
        bench=rows,
        bare_loop=tuple(loops),
        photo=photo,
        checks_after=tuple(examine()),
    )


def name_host(host: Host) -> str:
    """Return what the file of `host` is called: board or processor, and cores, without odd characters."""
    words = f"{host.board or host.cpu or host.machine} {host.machine} {host.cores} cores"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _run_bench(models: list[str], threads: list[int], data: Path | None) -> tuple[Any, ...]:
    command = [sys.executable, "-c", "from fakelens.edge_runtime.main import main; main()", "bench", *models]
    command += ["--json", "--threads", ",".join(map(str, threads))]
    command += ["--data", str(data)] if data else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise GateError(f"fakelens bench failed: {reason}")
    return tuple(json.loads(line) for line in done.stdout.splitlines())


if __name__ == "__main__":
    run_command(contribute)
