"""How a detector ranks fakes against the photos that are most like them: is it more than a judge of subjects?

Run as `python -m fakelens.benchmarks.studies.matched SCORES --data DATA`: SCORES is a file that `evidence
--scores` wrote, or any other detector, DATA holds the pictures it is about. Each fake is compared with the
photos whose CLIP embeddings are nearest to its own (cosine), ten unless `--nearest` says otherwise, whatever
source they are of. They show the same kinds of things in the same kind of way, so what a detector gains by
subjects is gone; since the embeddings also tell fakes from photos a little, they are the harder photos too.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image

from fakelens.benchmarks.clip import ClipEncoder, crop, find_package
from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import CONFIDENCE, Interval
from fakelens.benchmarks.scoring.checked_images import CheckedImages
from fakelens.benchmarks.scoring.manifest import find_pictures
from fakelens.benchmarks.scoring.scores_file import read_scores
from fakelens.benchmarks.scoring.source_pairs import LEAST_IMAGES
from fakelens.benchmarks.studies.evidence import choose_images
from fakelens.benchmarks.tables import format_table
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.progress import show_progress
from fakelens.edge_runtime.workers import map_in_order

_NEAREST = 10

Floats = npt.NDArray[np.float64]
Embed = Callable[[Image.Image], npt.NDArray[np.float32]]


def matched(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="A CSV file of a detector's answers.")],
    data: Annotated[Path, typer.Option(help="Folder with a folder for each source: the pictures.")],
    split: Annotated[Split, typer.Option(help="The part that was scored.")] = Split.TEST,
    nearest: Annotated[int, typer.Option(min=1, help="Photos that a fake is compared with.")] = _NEAREST,
) -> None:
    """Print as Markdown: AUC of each source of fakes against the photos nearest in content."""
    checked = read_scores(scores)
    photos = int(np.sum(checked.labels == 0))
    if photos < nearest:
        raise UsageError(f"--nearest {nearest}: {scores} has {photos} photos")
    images = find_pictures(checked.images, choose_images(data, None, split), data)
    encoder = ClipEncoder(find_package())
    typer.echo(tabulate(checked, embed_pictures([image.path for image in images], encoder.embed), nearest))


def embed_pictures(paths: Sequence[Path], embed: Embed) -> Floats:
    """Return the embedding of the middle of each picture, of length 1 [n, channels]."""
    results = map_in_order(lambda path: embed(crop(load_image(path))), paths, os.cpu_count() or 1)
    rows = np.array(list(show_progress(results, "asking CLIP", len(paths))), np.float64)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)


def place_among_nearest(
    embeddings: Floats, labels: npt.NDArray[np.uint8], p_fake: Floats, nearest: int
) -> Floats:
    """Return for each fake the share of its `nearest` photos that score below it, ties half."""
    fakes, photos = (np.flatnonzero(labels == label) for label in (1, 0))
    likeness = embeddings[fakes] @ embeddings[photos].T
    own = photos[np.argsort(-likeness, axis=1, kind="stable")[:, :nearest]]
    mine, theirs = p_fake[fakes][:, None], p_fake[own]
    return np.asarray(((mine > theirs) + (mine == theirs) / 2).mean(axis=1), np.float64)


def tabulate(checked: CheckedImages, embeddings: Floats, nearest: int) -> str:
    """Return a table: each source of fakes, then the mean of the sources, a column a tier."""
    places = [
        place_among_nearest(embeddings, checked.labels, answers.p_fake, nearest)
        for answers in checked.tiers.values()
    ]
    sources = np.array([image.source for image in checked.images])[checked.labels == 1]
    names = [name for name in dict.fromkeys(sources.tolist()) if np.sum(sources == name) >= LEAST_IMAGES]
    if not names:
        raise UsageError(f"no source has {LEAST_IMAGES} fakes; fewer say next to nothing")
    lines = [
        (name, f"{np.sum(sources == name)}", *(_format([each[sources == name]]) for each in places))
        for name in names
    ]
    whole = (_format([each[sources == name] for name in names]) for each in places)
    lines.append(("mean of the sources", f"{np.isin(sources, names).sum()}", *whole))
    header = (f"AUC against the {nearest} nearest photos", "fakes", *map(str, checked.tiers))
    return format_table(header, lines)


def _format(groups: Sequence[Floats]) -> str:
    mean = average_sources(groups)
    return f"{mean.value:.3f} [{mean.low:.3f}, {mean.high:.3f}]"


def average_sources(groups: Sequence[Floats]) -> Interval:
    """Return the mean of the groups' means; its normal interval is of the choice of fakes, not of photos."""
    value = float(np.mean([group.mean() for group in groups]))
    variance = sum(float(group.var(ddof=1)) / len(group) for group in groups) / len(groups) ** 2
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * variance**0.5
    return Interval(value=value, low=max(0.0, value - half), high=min(1.0, value + half))


if __name__ == "__main__":
    run_command(matched)
