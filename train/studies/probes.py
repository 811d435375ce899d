"""What frozen features tell of sources that were left out: linear probes on CLIP, or on `photo`'s network.

Run as `python -m fakelens.train.studies.probes DATA --images LEFT-OUT-SOURCES --scores FILE`, where `--set
'data.leave_out=[...]'` keeps the sources out of DATA; what it comes to is printed by `python -m
fakelens.benchmarks.studies.evidence --from-scores FILE`. No network is trained: minutes tell what a teacher
knows and what a start is worth.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.scoring.checked_images import Answer, ask_detector
from fakelens.benchmarks.scoring.scores_file import write_scores
from fakelens.benchmarks.studies.evidence import choose_images
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.files import check_writable
from fakelens.edge_runtime.pictures.preprocess import fit_image
from fakelens.train.config import TrainConfig, describe_input
from fakelens.train.data.dataset import load_dataset
from fakelens.train.data.image_rows import Images
from fakelens.train.data.loss_weights import class_weights, weigh_images
from fakelens.train.fit.clip_encoder import SquareEncoder, embed
from fakelens.train.fit.clip_teacher import Known, fit_means
from fakelens.train.fit.earlier_run import open_network
from fakelens.train.networks import name_head
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.startup import load_tensorflow, require_tensorflow
from fakelens.train.studies.options import Setting

Features = Callable[[Images], npt.NDArray[Any]]
_RECIPE = "photo"
_EVEN = 0.5  # P(fake) from which an answer is FAKE
_PENALTY = 0.03  # of a regression where the settings have none

Scores = Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]]


class Probe(StrEnum):
    """Features, and what is fitted to them."""

    CLIP_MEANS = "clip-means"  # the difference between class means: the teacher `clip`
    CLIP_REGRESSION = "clip-regression"
    NETWORK = "network"  # a regression on what the head of the network sees, by the recipe's soft labels


def probes(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What `fakelens train` would learn from.")],
    images: Annotated[Path, typer.Option(help="Folder with a folder for each source, to be judged.")],
    scores: Annotated[Path, typer.Option(metavar="CSV", help="Write digest and score of each image.")],
    probe: Annotated[Probe, typer.Option(help="Features, and what is fitted to them.")] = Probe.CLIP_MEANS,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Images of each source and class.")] = None,
    split: Annotated[Split, typer.Option(help="The part of IMAGES to judge.")] = Split.TRAIN,
    setting: Setting = None,
) -> None:
    """Fit a linear probe to DATA and write what it says of IMAGES at each tier.

    Pictures and network are those of the recipe `photo`; `fit.probe` is the penalty of a regression.
    """
    check_writable(scores, "--scores")
    config = load_config(_RECIPE, dict(parse_setting(text) for text in setting or []))
    chosen = choose_images(images, limit, split)
    checked = ask_detector(fit_probe(data, config, probe), chosen)
    write_scores(scores, checked)
    for error in checked.errors:
        typer.echo(f"fakelens: {error}", err=True)


def fit_probe(data: Path, config: TrainConfig, probe: Probe) -> Callable[[Image.Image], Answer]:
    """Return what tells P(fake) of an RGB image, learned from the training part of `data`."""
    require_tensorflow()
    dataset = load_dataset(data, config.data)
    load_tensorflow()
    from fakelens.train.fit.distill import soften_labels
    from fakelens.train.fit.frozen_layers import open_features
    from fakelens.train.fit.probe import fit_line

    pictures, labels = dataset.take(Split.TRAIN)
    known = Known(labels=labels, sources=dataset.sources[dataset.rows[Split.TRAIN]])
    if probe is Probe.NETWORK:
        network = open_network(config.network, config.data.size)
        see: Features = open_features(network, name_head(config.network))
        learned = see(pictures)
    else:
        see, learned = _open_clip(), embed(pictures)
    if probe is Probe.CLIP_MEANS:
        score: Scores = fit_means(learned, known).score
    else:
        distilled = probe is Probe.NETWORK and config.distill.teachers
        targets = soften_labels(known, pictures, config) if distilled else labels.astype(np.float32)
        of_sources = weigh_images(labels, known.sources, config.fit)
        balance = class_weights(labels)[:, None].astype(np.float64)
        weights = balance * (np.ones(len(labels)) if of_sources is None else of_sources)
        score = fit_line(learned.astype(np.float64), targets, weights, config.fit.probe or _PENALTY).score
    spec = describe_input(config.data)

    def check(image: Image.Image) -> Answer:
        p_fake = float(1 / (1 + np.exp(-score(see(fit_image(image, spec))).mean())))
        return Answer(p_fake=p_fake, label=Label.FAKE if p_fake > _EVEN else Label.REAL)

    return check


def _open_clip() -> Features:
    encoder = SquareEncoder()
    return lambda images: np.stack([encoder.embed(images[place]) for place in range(len(images))])


if __name__ == "__main__":
    run_command(probes)
