"""How many instructions a verdict takes, counted by valgrind: the load of the machine does not matter.

Valgrind runs one thread at a time on a processor of its own, with AVX2 and without int8 instructions: counts
are for comparing a program with an earlier one, not with a time. A count is the difference between runs over
more and fewer files, so that starting, loading and the first file are left out. Both runs are children of one
process, which has imported everything: that takes most of the time.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import open_sink
from fakelens.edge_runtime.check.batch import check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import FakelensError, ModelError, UsageError
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec

_VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
_SAID_BY_VALGRIND = "=="
_RUN = (
    "import sys; from fakelens.benchmarks.timing import instructions as i; i.run_in_children(*sys.argv[1:])"
)
_CHECK = f"{__name__}:check_some"

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


def count_each(function: str, arguments: Sequence[str], spec: InputSpec) -> int:
    """Return the instructions for each file of `MODULE:FUNCTION`, given `arguments` and a folder."""
    if shutil.which("valgrind") is None:
        raise UsageError("instructions are counted by valgrind, which is missing: apt-get install valgrind")
    span = choose_span(spec)
    folders = [str(find_pictures(spec, count)) for count in (span.fewer, span.more)]
    fewer, more = _run([function, *arguments, *folders])
    return round((more - fewer) / (span.more - span.fewer))


def run_in_children(function: str, *words: str) -> None:
    """Call `MODULE:FUNCTION` in a child process for each of the last two `words`, after all the others."""
    module, _, name = function.partition(":")
    call = getattr(import_module(module), name)
    *arguments, fewer, more = words
    for last in (fewer, more):
        child = os.fork()
        if not child:
            code = 1
            try:
                call(*arguments, last)
                code = 0
            except FakelensError as error:
                sys.stderr.write(f"{error}\n")
            finally:
                os._exit(code)  # valgrind says its count, and nothing is tidied up that the parent has
        if os.waitpid(child, 0)[1]:
            sys.exit(1)


def check_some(model: str, pixels_only: str, folder: str) -> None:
    """Check `folder` as `fakelens check --csv` does, and write what it says: what is counted."""
    detector = Detector(model, pixels_only=bool(int(pixels_only)))
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        result = check_batch(detector, [folder], open_sink(Format.CSV, stream))
    if result.errors:
        raise ModelError(f"{folder}: {result.errors} of its files cannot be checked")


def _run(words: Sequence[str]) -> tuple[int, int]:
    """Return what valgrind counts in each of the two children."""
    done = subprocess.run(
        [*_VALGRIND, sys.executable, "-c", _RUN, *words],
        env=os.environ | _SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [int(count.replace(",", "")) for count in _COUNT.findall(done.stderr)]
    if done.returncode or len(found) != 3:  # the parent says its own last
        said = [line for line in done.stderr.splitlines() if not line.startswith(_SAID_BY_VALGRIND)]
        reason = said[-1] if said else f"exit code {done.returncode}"
        raise ModelError(f"{words[1]}: instructions cannot be counted ({reason})")
    return found[0], found[1]
