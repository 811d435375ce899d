"""A public detector on the pictures that the evidence is measured on: the PyPI package `sahu65`.

Run as `python -m fakelens.benchmarks.peers.sahu65 --data DATA --scores FILE`, from a checkout; then
`python -m fakelens.benchmarks.studies.evidence --from-scores FILE` prints its figures as it prints ours. The
detector is CLIP ViT-B/16 in eight bits and a linear probe, with borders of its own. Only the package's files
are used: to import it needs packages in versions of its own. The steps below are those of its `detect`,
but for what a file says of itself: it and we look at pixels alone.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image

from fakelens.benchmarks.clip import INSTALL, ClipEncoder, crop, find_package
from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.scoring.checked_images import Answer, ask_detector
from fakelens.benchmarks.scoring.scores_file import write_scores
from fakelens.benchmarks.studies.evidence import choose_images
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_writable

_SUREST = 1e-4  # the probe's P(fake) is kept so far from 0 and 1 before it is calibrated

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the package makes of an embedding: a linear probe, its calibration and the borders."""

    weights: Floats
    bias: float
    slope: float  # of the calibrated logit over the probe's
    offset: float
    unsure_low: float  # REAL at or below
    unsure_high: float  # FAKE at or above

    def answer(self, embedding: Floats) -> Answer:
        """Return the calibrated P(fake) and the answer for an embedding of any length."""
        unit = embedding / max(float(np.linalg.norm(embedding)), 1e-12)
        probe = _squash(float(unit @ self.weights) + self.bias)
        probe = min(max(probe, _SUREST), 1 - _SUREST)
        p_fake = _squash(self.slope * math.log(probe / (1 - probe)) + self.offset)
        if p_fake >= self.unsure_high:
            return Answer(p_fake=p_fake, label=Label.FAKE)
        return Answer(p_fake=p_fake, label=Label.REAL if p_fake <= self.unsure_low else Label.UNSURE)


class Sahu65:
    """The detector, for several threads at once."""

    def __init__(self, folder: Path) -> None:
        """Load what lies in the package's `folder`; `UsageError` unless it is the version that is known."""
        self._encoder = ClipEncoder(folder)
        self._head = read_head(folder)

    def check(self, image: Image.Image) -> Answer:
        """Return what it says of an RGB image."""
        return self._head.answer(self._encoder.embed(crop(image)))


def read_head(folder: Path) -> Head:
    """Return the head in the package's `folder`; `UsageError` where a file of it is not what it was."""
    try:
        probe = _read_json(folder / "models" / "clip_head.json")
        calibration = _read_json(folder / "config" / "fusion.json")
        borders = _read_json(folder / "config" / "thresholds.json")
        return Head(
            weights=np.array(probe["weights"], np.float32),
            bias=float(probe["bias"]),
            slope=float(calibration["w2"]),
            offset=float(calibration["b"]),
            unsure_low=float(borders["T_lo"]),
            unsure_high=float(borders["T_hi"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder}: is not the package as it was published: {INSTALL}") from error


def sahu65(
    data: Annotated[Path, typer.Option(help="Folder with a folder for each source.")],
    scores: Annotated[
        Path, typer.Option(metavar="CSV", help="Write digest, score and verdict of each image.")
    ],
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Measure on N images of each source and class, not on all."),
    ] = None,
    split: Annotated[Split, typer.Option(help="The part to measure on.")] = Split.TEST,
) -> None:
    """Write what sahu65 says of each image at each tier, for the evidence's --from-scores."""
    folder = find_package()
    check_writable(scores, "--scores")
    images = choose_images(data, limit, split)
    checked = ask_detector(Sahu65(folder).check, images)
    write_scores(scores, checked)
    for error in checked.errors:
        typer.echo(f"fakelens: {error}", err=True)


def _read_json(path: Path) -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _squash(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


if __name__ == "__main__":
    run_command(sahu65)
