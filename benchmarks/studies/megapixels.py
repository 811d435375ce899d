"""The overhead of checking a large photo, beyond decoding it and bare inference of its tiles.

Run as `python -m fakelens.benchmarks.studies.megapixels MODEL`; one thread, the three timed in turns.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.machine.timing import time_once
from fakelens.edge_runtime.pictures.preprocess import fit_views, load_image


@dataclass(frozen=True, kw_only=True)
class PhotoCost:
    """Medians over the runs, in ms."""

    check_ms: float
    decode_ms: float  # by Pillow alone
    infer_ms: float  # of the tiles alone, and of the other views
    tiles: int
    runs: int

    @property
    def ratio(self) -> float:
        """A check over decoding and inference together."""
        return self.check_ms / (self.decode_ms + self.infer_ms)


def megapixels(
    model: Annotated[str, typer.Argument(help="A model file or a release model's name.")],
    width: Annotated[int, typer.Option(min=1, help="Of the photo, px.")] = 4000,
    height: Annotated[int, typer.Option(min=1, help="Of the photo, px.")] = 3000,
    runs: Annotated[int, typer.Option(min=3, help="How often each is timed.")] = 25,
) -> None:
    """Print how long a check of a photo takes, and what decoding and inference alone take of it."""
    cost = measure_photo(Detector(model), make_photo(width, height), runs)
    typer.echo(
        f"{width * height / 1e6:.1f} megapixels, {cost.tiles} tiles, 1 thread, medians of {cost.runs} runs: "
        f"check {cost.check_ms:.1f} ms = {cost.ratio:.2f} x (decode {cost.decode_ms:.1f} ms + inference "
        f"{cost.infer_ms:.1f} ms)"
    )


def measure_photo(detector: Detector, photo: bytes, runs: int) -> PhotoCost:
    """Return what checking `photo` costs; the first run of each warms up and does not count."""
    views = fit_views(load_image(photo), detector.contract.input)
    steps: tuple[Callable[[], object], ...] = (
        lambda: detector.check(photo),
        lambda: Image.open(io.BytesIO(photo)).load(),
        lambda: detector.score_image(views),
    )
    times = np.array([[time_once(step) for step in steps] for _ in range(runs + 1)])[1:]
    check_ms, decode_ms, infer_ms = np.median(times, axis=0)
    return PhotoCost(
        check_ms=check_ms, decode_ms=decode_ms, infer_ms=infer_ms, tiles=len(views[0]), runs=runs
    )


if __name__ == "__main__":
    run_command(megapixels)
