"""What a model says of photos that were touched up: denoised, smoothed, tone-mapped, enlarged, scanned.

Run as `python -m fakelens.benchmarks.studies.hard_reals MODEL --data DATA`; prints Markdown. Every real image
is touched up in each way, by random numbers that follow from its bytes, and answered beside its original,
both reduced to at most 1024 px. A touched-up photo is a photo: FAKE is a false alarm.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import LabelledImage, Split
from fakelens.benchmarks.metrics import wilson_interval
from fakelens.benchmarks.studies.evidence import choose_images
from fakelens.benchmarks.tables import format_share, format_table
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.progress import show_progress

_LONGER_PX = 1024
_UNTOUCHED, _ALL = "as it is", "all touched up"
_SEED_DIGITS = 16


def hard_reals(
    model: Annotated[str, typer.Argument(help="A model file or a release model's name.")],
    data: Annotated[Path, typer.Option(help="Folder with a folder for each source.")],
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Measure on N images of each source, not on all.")
    ] = None,
    split: Annotated[Split, typer.Option(help="The part to measure on.")] = Split.TEST,
) -> None:
    """Print as Markdown how often touched-up photos are called FAKE or UNSURE, a line a kind."""
    require_extra("train", "scipy")
    images = [image for image in choose_images(data, limit, split) if not image.label]
    said, errors = answer_touched_up(Detector(model), images)
    touched = [label for kind, labels in said.items() if kind != _UNTOUCHED for label in labels]
    lines = [(kind, *_describe(labels)) for kind, labels in (*said.items(), (_ALL, touched))]
    typer.echo(format_table(("photos", "answers", "FAKE", "UNSURE"), lines))
    for error in errors:
        typer.echo(f"fakelens: {error}", err=True)


def answer_touched_up(
    detector: Detector, images: Sequence[LabelledImage]
) -> tuple[Mapping[str, list[Label]], list[str]]:
    """Return the answers on `images` by kind of touching up, and a line for each that cannot be read.

    Raises `UsageError` where none can be read.
    """
    from fakelens.benchmarks.scoring.retouch import Retouch, retouch

    said: dict[str, list[Label]] = {_UNTOUCHED: [], **{kind: [] for kind in Retouch}}
    errors = []
    for image in show_progress(images, "checking", len(images)):
        try:
            photo = _reduce(load_image(image.path))
        except ImageError as error:
            errors.append(str(error))
            continue
        seed = int(hashlib.sha256(image.path.read_bytes()).hexdigest()[:_SEED_DIGITS], 16)
        said[_UNTOUCHED].append(detector.check(photo).label)
        for number, kind in enumerate(Retouch):
            touched = retouch(photo, np.random.default_rng([seed, number]), kind)
            said[kind].append(detector.check(touched).label)
    if not said[_UNTOUCHED]:
        raise UsageError(f"no real image could be read ({errors[0] if errors else 'there is none'})")
    return said, errors


def _reduce(photo: Image.Image) -> Image.Image:
    photo = photo.copy()
    photo.thumbnail((_LONGER_PX, _LONGER_PX), Image.Resampling.LANCZOS)
    return photo


def _describe(labels: Sequence[Label]) -> tuple[str, ...]:
    shares = (
        wilson_interval(sum(own == label for own in labels), len(labels))
        for label in (Label.FAKE, Label.UNSURE)
    )
    return (f"{len(labels):,}", *map(format_share, shares))


if __name__ == "__main__":
    run_command(hard_reals)
