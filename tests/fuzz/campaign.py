"""Thousands of damaged files: each must end in an answer or in one line, soon, and in bounded memory.

`python -m tests.fuzz.campaign IMAGES MODELS FAULTS [PAGE [COMMAND...]]` prints tables and writes them into
the page; `make fuzz` calls it for docs/reliability.md. FAULTS are kills, full disks and dying brokers, of
each command that writes or of those that are named.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.modelfile.container import read_model
from tests.fuzz.commands import COMMANDS, make_inputs
from tests.fuzz.dying_broker import can_run_brokers, kill_broker, render_broker
from tests.fuzz.full_disk import can_fill_disks, fill_disk, render_full_disks
from tests.fuzz.kills import kill_at_random, render_kills
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import Seed, make_images, make_models

MOST_S, MOST_MB = 10.0, 1500
_BEGIN, _END = "<!-- made by make fuzz -->", "<!-- end -->"
ROOT = Path(__file__).parents[2]


@dataclass(kw_only=True)
class Tally:
    """What a campaign came to."""

    kind: str
    tries: int = 0
    answered: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_mb: int = 0
    failures: list[str] = field(default_factory=list)  # one line each; none is what is wanted


def run_campaign(kind: str, tries: int, seed: int = 0) -> Tally:
    """Try `tries` damaged files of `kind`, images or models, in processes that may crash."""
    tally = Tally(kind=kind)
    first = 0
    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder, "try")
        while first < tries:
            command = [sys.executable, "-m", "tests.fuzz.campaign", "work", kind]
            command += [str(first), str(tries), str(seed)]
            done = subprocess.run(
                [*command, str(mark)], cwd=ROOT, capture_output=True, text=True, check=False
            )
            lines = done.stdout.splitlines()
            if done.returncode == 0 and lines:
                _add(tally, json.loads(lines[-1]))
                break
            reached = int(mark.read_text()) if mark.exists() else first
            reason = f"the process ended with {done.returncode}: {done.stderr[-200:]!r}"
            tally.failures.append(f"{kind} {reached}: {reason}")
            tally.tries += reached - first + 1
            first = reached + 1
    return tally


def render(tallies: list[Tally]) -> str:
    """Return the table of `tallies` in Markdown."""
    columns = ("what", "tries", "answered", "one line", "failures", "slowest", "peak memory")
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    rows += [
        f"| damaged {tally.kind} | {tally.tries:,} | {tally.answered:,} | {tally.refused:,} | "
        f"{len(tally.failures)} | {tally.slowest_s:.2f} s | {tally.peak_mb} MB |"
        for tally in tallies
    ]
    return "\n".join(rows) + "\n"


def _add(tally: Tally, found: dict[str, float | list[str]]) -> None:
    tally.tries += int(found["tries"])  # type: ignore[arg-type]
    tally.answered += int(found["answered"])  # type: ignore[arg-type]
    tally.refused += int(found["refused"])  # type: ignore[arg-type]
    tally.slowest_s = max(tally.slowest_s, float(found["slowest_s"]))  # type: ignore[arg-type]
    tally.peak_mb = max(tally.peak_mb, int(found["peak_mb"]))  # type: ignore[arg-type]
    tally.failures += found["failures"]  # type: ignore[operator]


def _work(kind: str, first: int, end: int, seed: int, mark: Path) -> None:
    """Try the files `first` to `end`; the last line of stdout is a JSON object with the counts."""
    seeds = make_images() if kind == "images" else make_models()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        model = Path(folder, "model.tflite")
        model.write_bytes(make_models()[0].content)
        detector = Detector(model)
        for number in range(first, end):
            mark.write_text(str(number))
            path.write_bytes(_damage(seeds, number, seed))
            start = time.perf_counter()
            try:
                outcome = _check_image(detector, path) if kind == "images" else _check_model(path)
            except Exception as error:  # noqa: BLE001 (that is what is looked for)
                failures.append(f"{kind} {number}: {type(error).__name__}: {error}")
                continue
            taken_s = time.perf_counter() - start
            slowest_s = max(slowest_s, taken_s)
            counts[outcome] += 1
            if taken_s > MOST_S:
                failures.append(f"{kind} {number}: took {taken_s:.1f} s")
    peak_mb = _read_peak_mb()
    if peak_mb > MOST_MB:
        failures.append(f"{kind}: took {peak_mb} MB")
    result = {"tries": end - first, "slowest_s": slowest_s, "peak_mb": peak_mb, "failures": failures}
    print(json.dumps({**result, "answered": counts["answered"], "refused": counts["refused"]}))


def _damage(seeds: list[Seed], number: int, seed: int) -> bytes:
    rng = np.random.default_rng([seed, number])
    return mutate(seeds[int(rng.integers(len(seeds)))].content, rng)


def _check_image(detector: Detector, path: Path) -> str:
    result = detector.check_file(path, str(path))
    if result.verdict is None:
        _demand_one_line(result.error or "")
        return "refused"
    if not 0 <= result.verdict.p_fake <= 1:
        raise AssertionError(f"P(fake) is {result.verdict.p_fake}")
    return "answered"


def _check_model(path: Path) -> str:
    try:
        read_model(path)
        Detector(path)
    except FakelensError as error:
        _demand_one_line(str(error))
        return "refused"
    return "answered"


def _demand_one_line(text: str) -> None:
    if not text or "\n" in text.strip():
        raise AssertionError(f"no line, or several: {text!r}")


def _read_peak_mb() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main(arguments: list[str]) -> int:
    """Run a campaign, or the part of one process."""
    if arguments[0] == "work":
        kind, first, end, seed, mark = arguments[1:]
        _work(kind, int(first), int(end), int(seed), Path(mark))
        return 0
    images, models, faults = map(int, arguments[:3])
    names = arguments[4:] or list(COMMANDS)
    if unknown := set(names) - set(COMMANDS):
        print(f"{min(unknown)}: no such command; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    tallies = [run_campaign("images", images), run_campaign("models", models)]
    tables, failures = run_faults(faults, names)
    failures = [*(line for tally in tallies for line in tally.failures), *failures]
    table = "\n".join((render(tallies), *tables))
    if len(arguments) > 3:
        _write_into(Path(arguments[3]), table)
    print(table)
    for line in failures[:20]:
        print(line, file=sys.stderr)
    return int(bool(failures))


def run_faults(tries: int, names: list[str]) -> tuple[list[str], list[str]]:
    """Return the tables, and a line for each failure, of `tries` faults of each kind for each command."""
    with tempfile.TemporaryDirectory() as base:
        inputs = Path(base, "inputs")
        make_inputs(inputs, run="convert" in names)
        kills = [kill_at_random(name, tries, inputs, Path(base)) for name in names]
        disks = [fill_disk(name, tries, inputs, Path(base)) for name in names if can_fill_disks()]
        broker = kill_broker(tries, inputs, Path(base)) if can_run_brokers() else None
    found = (*kills, *disks, *([broker] if broker else []))
    tables = [render_kills(kills), render_full_disks(disks), render_broker(broker)]
    return tables, [line for each in found for line in each.failures]


def _write_into(page: Path, table: str) -> None:
    """Replace what stands between the two marks of `page` by `table`."""
    before, _, rest = page.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n\n{table}\n{_END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
