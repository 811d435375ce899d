"""One round of timing one model with one number of threads, in a process of its own.

`python -m fakelens.benchmarks.timing.stopwatch '{"model": ..., "threads": 1, "files": [...]}'` prints one
line of JSON, a `Reading`. A new process for each round: start-up is measured each time, and no configuration
finds caches, threads or memory that another left behind.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.timing.conditions import read_frequency_mhz
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import decide
from fakelens.edge_runtime.errors import FakelensError, ImageError, UsageError
from fakelens.edge_runtime.machine.timing import time_repeats
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.preprocess import ImageU8, fit_views, load_image

LEAST_RUNS = 12  # of each thing timed; five rounds make over fifty
LEAST_S = 0.25  # and over a second
_WARM_UP_RUNS = 5
_WARM_UP_S = 0.1  # until the processor's frequency has risen


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to time."""

    model: str  # a path
    threads: int
    files: tuple[str, ...]  # images; those that cannot be read are left out


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one round came to, in milliseconds."""

    init_ms: float  # from the file's name to a detector that could answer
    first_ms: float  # its first inference
    infer_ms: tuple[float, ...]  # one call of the graph, on one input tensor; one value a run
    stages_ms: tuple[tuple[float, float, float, float], ...]  # decode, fit, infer, decide; one entry an image
    images_per_s: float  # from files to verdicts, as `fakelens check --threads` does it
    cpu_share: float  # of the time of those runs that this process had a processor
    frequency_mhz: float | None  # right after them
    peak_rss_bytes: int | None  # None where the system does not tell
    partitions: int | None  # None where LiteRT does not tell
    leftover_ops: tuple[str, ...]


def measure(order: Order) -> Reading:
    """Time a round here and now; `ModelError`, and `UsageError` where no image can be read."""
    start = time.perf_counter()
    detector = Detector(order.model, order.threads, pixels_only=True)
    init_ms = _ms_since(start)
    size = detector.contract.input.size
    image_u8 = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    start = time.perf_counter()
    detector.score(image_u8)
    first_ms = _ms_since(start)
    infer_ms, cpu_share = _time_inference(detector, image_u8)
    frequency_mhz = read_frequency_mhz()
    paths = _keep_readable(order.files)
    images_per_s = _time_checks(detector, paths, order.threads)
    stages_ms = _time_stages(detector, paths)
    peak_rss_bytes = read_peak_rss()  # before the second interpreter below
    delegation = Interpreter(read_model(find_model(order.model)).graph, order.threads).delegation()
    return Reading(
        init_ms=init_ms,
        first_ms=first_ms,
        infer_ms=infer_ms,
        stages_ms=stages_ms,
        images_per_s=images_per_s,
        cpu_share=cpu_share,
        frequency_mhz=frequency_mhz,
        peak_rss_bytes=peak_rss_bytes,
        partitions=None if delegation is None else delegation.partitions,
        leftover_ops=() if delegation is None else delegation.leftover_ops,
    )


def read_peak_rss() -> int | None:
    """Return the largest resident memory that this program had, in bytes; None where unknown."""
    try:  # Linux's getrusage would count what the process had before it became this program
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _time_inference(detector: Detector, image_u8: ImageU8) -> tuple[tuple[float, ...], float]:
    """Return the milliseconds of each run after a warm-up, and the share of the time on a processor."""

    def step() -> object:
        return detector.score(image_u8)

    time_repeats(step, least_runs=_WARM_UP_RUNS, least_s=_WARM_UP_S)
    wall, cpu = time.perf_counter(), time.process_time()
    taken_ms = time_repeats(step, least_runs=LEAST_RUNS, least_s=LEAST_S)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return tuple(round(each, 5) for each in taken_ms), cpu / wall


def _keep_readable(files: Sequence[str]) -> list[Path]:
    """Return the files that can be decoded; that also brings them into the system's cache."""
    paths, first = [], ""
    for file in files:
        try:
            load_image(Path(file))
            paths.append(Path(file))
        except ImageError as error:
            first = first or str(error)
    if not paths:
        raise UsageError(f"none of {len(files)} images can be read; the first: {first}")
    return paths


def _time_checks(detector: Detector, paths: Sequence[Path], threads: int) -> float:
    """Return the images a second of whole passes over `paths`, `threads` of them side by side."""
    start = time.perf_counter()
    checked = sum(1 for _ in detector.check_files(_repeat_paths(paths), threads, keep_images=False))
    return checked / (time.perf_counter() - start)


def _repeat_paths(paths: Sequence[Path]) -> Iterator[Path]:
    given = 0
    end = time.perf_counter() + LEAST_S
    while given < LEAST_RUNS or time.perf_counter() < end:
        yield from paths
        given += len(paths)


def _time_stages(detector: Detector, paths: Sequence[Path]) -> tuple[tuple[float, float, float, float], ...]:
    """Return what each image of whole passes over `paths` took, stage by stage."""
    taken: list[tuple[float, float, float, float]] = []
    end = time.perf_counter() + LEAST_S
    while len(taken) < LEAST_RUNS or time.perf_counter() < end:
        taken.extend(_time_stages_of(detector, path) for path in paths)
    return tuple(taken)


def _time_stages_of(detector: Detector, path: Path) -> tuple[float, float, float, float]:
    start = time.perf_counter()
    image = load_image(path)
    decoded = time.perf_counter()
    views_u8 = fit_views(image, detector.contract.input)
    fitted = time.perf_counter()
    of_views = detector.score_views(views_u8)
    inferred = time.perf_counter()
    decide(detector.fuse(of_views), detector.decision, detector.find_reason(image))
    decided = time.perf_counter()
    moments = np.diff([start, decoded, fitted, inferred, decided]) * 1e3
    return tuple(float(each) for each in moments)  # type: ignore[return-value]


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Read an `Order` from the command line, print its `Reading`; errors end in one line and exit code 2."""
    if sys.argv[1:] in ([], ["--help"]):
        sys.stdout.write(f"{__doc__}\n")
        return
    given = json.loads(sys.argv[1])
    try:
        reading = measure(Order(**given | {"files": tuple(given["files"])}))
    except FakelensError as error:
        sys.exit(_fail(error))
    sys.stdout.write(json.dumps(asdict(reading)) + "\n")


def _fail(error: FakelensError) -> int:
    sys.stderr.write(f"{error}\n")
    return error.exit_code


if __name__ == "__main__":
    main()
