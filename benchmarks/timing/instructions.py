"""How many instructions a verdict takes, counted by valgrind: the load of the machine does not matter.

Valgrind runs one thread at a time on a processor of its own, with AVX2 and without int8 instructions: counts
are for comparing a program with an earlier one, not with a time. A count is the difference between runs over
more and fewer files, so that starting, loading and the first file are left out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import open_sink
from fakelens.edge_runtime.check.batch import check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ModelError, UsageError
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec

_VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
_CHECK = "import sys; from fakelens.benchmarks.timing import instructions as i; i.check_some(*sys.argv[1:])"

_SETTINGS = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Span:
    """How many files the two runs check."""

    fewer: int
    more: int


def choose_span(spec: InputSpec) -> Span:
    """Return how many files are enough for a model with input `spec`: a photo takes some seconds."""
    small = spec.fit is Fit.RESIZE and not spec.views
    return Span(fewer=20, more=100) if small else Span(fewer=1, more=3)


def count_verdict(model: Path, *, pixels_only: bool = False) -> int:
    """Return the instructions of one verdict of `check` by the file `model`, on JPEGs made for it; minutes.

    `UsageError` where valgrind is missing.
    """
    spec = Detector(model).contract.input
    return count_each(_CHECK, [str(model), str(int(pixels_only))], spec)


def count_each(code: str, arguments: Sequence[str], spec: InputSpec) -> int:
    """Return the instructions for each file of Python's `code`, given `arguments` and a folder."""
    if shutil.which("valgrind") is None:
        raise UsageError("instructions are counted by valgrind, which is missing: apt-get install valgrind")
    span = choose_span(spec)
    totals = [_run(code, [*arguments, str(find_pictures(spec, n))]) for n in (span.fewer, span.more)]
    return round((totals[1] - totals[0]) / (span.more - span.fewer))


def check_some(model: str, pixels_only: str, folder: str) -> None:
    """Check `folder` as `fakelens check --csv` does, and write what it says: what is counted."""
    detector = Detector(model, pixels_only=bool(int(pixels_only)))
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        result = check_batch(detector, [folder], open_sink(Format.CSV, stream))
    if result.errors:
        raise ModelError(f"{folder}: {result.errors} of its files cannot be checked")


def _run(code: str, arguments: Sequence[str]) -> int:
    done = subprocess.run(
        [*_VALGRIND, sys.executable, "-c", code, *arguments],
        env=os.environ | _SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    found = _COUNT.search(done.stderr)
    if done.returncode or found is None:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ModelError(f"{arguments[0]}: instructions cannot be counted ({reason})")
    return int(found[1].replace(",", ""))
