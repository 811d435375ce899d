"""Thousands of damaged files: each must end in an answer or in one line, soon, and in bounded memory."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from tests.fuzz.graphs import damage_graph
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import make_images, make_models, write_models

MOST_S, MOST_MB = 10.0, 1500  # of processor time: a busy machine makes nothing slower
LOOPS_S = 60  # of processor time, for what never ends
WAITS_S = 3600  # for what waits without end; a process that gets no processor waits too
ROOT = Path(__file__).parents[2]
_MEMORY = Path("/dev/shm")  # a disk takes longer to write a file anew than we take to try it
_FOLDER = _MEMORY if os.access(_MEMORY, os.W_OK) else None
_PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


class Kind(StrEnum):
    """What is damaged."""

    IMAGES = "images"
    MODELS = "models"
    GRAPHS = "graphs"  # of models, under a right digest


@dataclass(kw_only=True)
class Tally:
    """What damaged files of one kind came to."""

    name: str
    tries: int = 0
    answered: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_mb: int = 0
    failures: list[str] = field(default_factory=list)  # one line each; none is what is wanted


def try_damaged(name: str, tries: int, first: int = 0, seed: int = 0) -> Tally:
    """Try `tries` damaged files of a kind, from number `first` on, in processes that may crash."""
    tally, end = Tally(name=name), first + tries
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        mark = Path(folder, "try")
        while first < end:
            command = [sys.executable, "-m", "tests.fuzz.damaged", name, str(first), str(end), str(seed)]
            done = subprocess.run(
                [*command, str(mark)], cwd=ROOT, capture_output=True, text=True, check=False
            )
            lines = done.stdout.splitlines()
            if done.returncode == 0 and lines:
                _add(tally, json.loads(lines[-1]))
                break
            before = json.loads(mark.read_text()) if mark.exists() else {"number": first}
            reached = int(before.pop("number"))
            _add(tally, before)  # what it had tried well
            reason = f"the process ended with {done.returncode}: {done.stderr[-200:]!r}"
            tally.failures.append(f"{name} {reached}: {reason}")
            tally.tries += 1
            first = reached + 1
    return tally


def render_damaged(tallies: list[Tally]) -> str:
    """Return a table in Markdown."""
    columns = ("what", "tries", "answered", "one line", "failures", "slowest", "peak memory")
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    rows += [
        f"| damaged {tally.name} | {tally.tries:,} | {tally.answered:,} | {tally.refused:,} | "
        f"{len(tally.failures)} | {tally.slowest_s:.2f} s | {tally.peak_mb} MB |"
        for tally in tallies
    ]
    return "\n".join(rows) + "\n"


def _add(tally: Tally, found: dict[str, Any]) -> None:
    tally.tries += found.get("tries", 0)
    tally.answered += found.get("answered", 0)
    tally.refused += found.get("refused", 0)
    tally.slowest_s = max(tally.slowest_s, found.get("slowest_s", 0.0))
    tally.peak_mb = max(tally.peak_mb, found.get("peak_mb", 0))
    tally.failures += found.get("failures", [])


def _work(kind: Kind, numbers: range, seed: int, mark: Path) -> None:
    """Try the files of these numbers; the last line of stdout is a JSON object with the counts."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest_s = 0.0
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        path = Path(folder, "file")
        damage, attempt = _prepare(kind, path)
        for tried, number in enumerate(numbers):
            so_far = {"answered": counts["answered"], "refused": counts["refused"], "failures": failures}
            mark.write_text(json.dumps({"number": number, "tries": tried, **so_far}))
            end_after(LOOPS_S, WAITS_S)
            path.write_bytes(damage(np.random.default_rng([seed, number])))
            start = time.process_time()
            try:
                counts[attempt()] += 1
            except Exception as error:  # noqa: BLE001 (that is what is looked for)
                failures.append(f"{kind} {number}: {type(error).__name__}: {error}")
            taken_s = time.process_time() - start
            slowest_s = max(slowest_s, taken_s)
            if taken_s > MOST_S:
                failures.append(f"{kind} {number}: took {taken_s:.1f} s")
    peak_mb = read_peak_mb()
    if peak_mb > MOST_MB:
        failures.append(f"{kind}: took {peak_mb} MB")
    result = {"tries": len(numbers), "slowest_s": slowest_s, "peak_mb": peak_mb, "failures": failures}
    print(json.dumps({**result, "answered": counts["answered"], "refused": counts["refused"]}))


def end_after(processor_s: int, waiting_s: int) -> None:
    """Let the system end this process unless it asks again in time: a file may hang it outside Python."""
    if hasattr(signal, "alarm"):
        signal.setitimer(signal.ITIMER_PROF, processor_s)
        signal.alarm(waiting_s)


def _prepare(kind: Kind, path: Path) -> tuple[Callable[[np.random.Generator], bytes], Callable[[], str]]:
    """Return what damages a file, and what tries the one at `path`."""
    if kind is Kind.GRAPHS:
        models = [read_model(model) for model in write_models(path.parent)]

        def seal(rng: np.random.Generator) -> bytes:
            model = models[int(rng.integers(len(models)))]
            return pack_model(damage_graph(model.graph, rng), model.contract)

        return seal, lambda: _try_model(path)
    seeds = make_images() if kind is Kind.IMAGES else make_models()

    def damage(rng: np.random.Generator) -> bytes:
        return mutate(seeds[int(rng.integers(len(seeds)))].content, rng)

    if kind is Kind.MODELS:
        return damage, lambda: _try_model(path)
    model = path.with_name("model.tflite")
    model.write_bytes(make_models()[0].content)
    detector = Detector(model)
    return damage, lambda: _try_image(detector, path)


def _try_image(detector: Detector, path: Path) -> str:
    result = detector.check_file(path, str(path))
    if result.verdict is None:
        demand_one_line(result.error or "")
        return "refused"
    if not 0 <= result.verdict.p_fake <= 1:
        raise AssertionError(f"P(fake) is {result.verdict.p_fake}")
    return "answered"


def _try_model(path: Path) -> str:
    try:
        Detector(path).check(_PIXELS)
    except FakelensError as error:
        demand_one_line(str(error))
        return "refused"
    return "answered"


def demand_one_line(text: str) -> None:
    if not text or "\n" in text.strip():
        raise AssertionError(f"no line, or several: {text!r}")


def read_peak_mb() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    _work(Kind(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3])), int(sys.argv[4]), Path(sys.argv[5]))
