"""`fakelens check` on a folder against a hand-written loop: Pillow decodes, LiteRT infers, no more.

Run as `python -m fakelens.benchmarks.studies.bare_loop MODEL...`; both in one process, in turns. The loop
has no error handling, no EXIF, no contract, no output, and knows the places of its tiles; with N threads it
is N such loops side by side.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.pictures import find_pictures
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.sinks import open_sink
from fakelens.edge_runtime.check.batch import BatchConfig, check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.machine.quiet import muted_stderr
from fakelens.edge_runtime.modelfile.container import ModelFile, read_model
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.edge_runtime.pictures.tiles import place_tiles

_MODELS = ("photo", "cifake-300k")


@dataclass(frozen=True, kw_only=True)
class BareLoopResult:
    """Medians over the rounds of one model and number of threads."""

    model: str
    threads: int
    images: int
    check_per_s: float  # images/s
    loop_per_s: float
    ratio: float  # of images/s, taken round by round
    ratio_low: float  # of the rounds
    ratio_high: float
    cpu_ratio: float  # of CPU time, the loop's over the check's: what a busy machine disturbs least


@dataclass(frozen=True, kw_only=True)
class _Lap:
    wall_s: float
    cpu_s: float


def bare_loop(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; photo and cifake-300k.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of RGB images; by default JPEGs made for the purpose.")
    ] = None,
    images: Annotated[int, typer.Option(min=2, help="How many are made.")] = 300,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 7,
    threads: Annotated[str, typer.Option(help="Numbers of threads.")] = "1,2",
    min_ratio: Annotated[float, typer.Option(help="Exit 1 where a ratio is below.")] = 0.0,
) -> None:
    """Print images/s of a check and of a hand-written loop, and their ratio, as a Markdown table."""
    counts = [int(word) if word.isdecimal() else 0 for word in threads.split(",")]
    if min(counts) < 1:
        raise UsageError(f"--threads is {threads}, expected numbers from 1 on, such as 1,2")
    results = [
        measure_bare_loop(find_model(model), data, images=images, rounds=rounds, threads=count)
        for model in models or _MODELS
        for count in counts
    ]
    typer.echo(format_bare_loop(results))
    missed = [result for result in results if result.ratio < min_ratio]
    if missed:
        raise GateError(f"{missed[0].model}: ratio {missed[0].ratio:.3f} is below {min_ratio:g}")


def measure_bare_loop(
    model: Path, data: Path | None = None, *, images: int, rounds: int, threads: int
) -> BareLoopResult:
    """Time a check of a folder and the loop in turns; the first turn of each warms up and does not count.

    `UsageError` where `data` holds images of a size that the loop would have to resize.
    """
    file = read_model(model)
    folder = data or find_pictures(file.contract.input, images)
    paths = list(walk_images(folder))
    places = [_place(file, path) for path in paths]
    detector = Detector(model, pixels_only=True)  # the loop reads no statements either
    interpreters, size = [_load(file) for _ in range(threads)], file.contract.input.size

    def check() -> None:
        with tempfile.TemporaryFile("w") as stream:
            sink = open_sink(Format.CSV, stream)
            check_batch(detector, [str(folder)], sink, config=BatchConfig(workers=threads))

    def loop() -> None:
        with ThreadPoolExecutor(threads) as pool:
            parts = [
                pool.submit(_loop, interpreters[n], paths[n::threads], places[n::threads], size)
                for n in range(threads)
            ]
        for part in parts:
            part.result()

    pairs = [(_time(check), _time(loop)) for _ in range(rounds + 1)][1:]
    ratios = [bare.wall_s / mine.wall_s for mine, bare in pairs]
    return BareLoopResult(
        model=file.contract.name,
        threads=threads,
        images=len(paths),
        check_per_s=len(paths) / statistics.median(mine.wall_s for mine, _ in pairs),
        loop_per_s=len(paths) / statistics.median(bare.wall_s for _, bare in pairs),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        cpu_ratio=statistics.median(bare.cpu_s / mine.cpu_s for mine, bare in pairs),
    )


def format_bare_loop(results: Sequence[BareLoopResult]) -> str:
    """Return a Markdown table, a line for each model and number of threads."""
    header = (
        "model",
        "threads",
        "images",
        "check, images/s",
        "bare loop, images/s",
        "ratio [of all rounds]",
        "of CPU",
    )
    return format_table(
        header,
        [
            (
                f"`{result.model}`",
                f"{result.threads}",
                f"{result.images:,}",
                f"{result.check_per_s:.1f}",
                f"{result.loop_per_s:.1f}",
                f"{result.ratio:.3f} [{result.ratio_low:.3f}, {result.ratio_high:.3f}]",
                f"{result.cpu_ratio:.3f}",
            )
            for result in results
        ],
    )


def run_loop(file: ModelFile, paths: Sequence[Path]) -> None:
    """Decode and infer `paths`, all of the first one's size, by the file `file`, and no more."""
    _loop(_load(file), paths, [_place(file, paths[0])] * len(paths), file.contract.input.size)


def _place(file: ModelFile, path: Path) -> list[tuple[int, int]]:
    spec = file.contract.input
    with Image.open(path) as image:
        width, height = image.size
        fits = min(width, height) >= spec.size if spec.fit is Fit.TILES else image.size == (spec.size,) * 2
        if not fits or image.mode != "RGB":
            wanted = f"{'at least ' if spec.fit is Fit.TILES else ''}{spec.size} x {spec.size} px"
            raise UsageError(
                f"{path}: {width} x {height} px, {image.mode}: the bare loop neither resizes nor converts; "
                f"give RGB images of {wanted}"
            )
    return place_tiles(width, height, spec) if spec.fit is Fit.TILES else [(0, 0)]


def _load(file: ModelFile) -> Interpreter:
    with muted_stderr():
        interpreter = Interpreter(model_content=file.graph, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def _loop(
    interpreter: Interpreter, paths: Sequence[Path], places: Sequence[list[tuple[int, int]]], size: int
) -> None:
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    for path, corners in zip(paths, places, strict=True):
        pixels = np.asarray(Image.open(path))
        for left, top in corners:
            interpreter.set_tensor(source, pixels[None, top : top + size, left : left + size])
            interpreter.invoke()
            interpreter.get_tensor(target)


def _time(step: Callable[[], None]) -> _Lap:
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return _Lap(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu)


if __name__ == "__main__":
    run_command(bare_loop)
