"""What frozen features tell of sources that were left out: linear probes on CLIP, or on a recipe's network.

Run as `python -m fakelens.train.studies.probes DATA --images LEFT-OUT-SOURCES --scores FILE`, where `--set
'data.leave_out=[...]'` keeps the sources out of DATA; what it comes to is printed by `python -m
fakelens.benchmarks.studies.evidence --from-scores FILE`. No network is trained: minutes tell what a teacher
knows and what a start is worth.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import tf_keras as keras
import typer
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

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
from fakelens.train.fit.clip_encoder import Encoder, embed, find_encoder
from fakelens.train.fit.clip_teacher import Known, fit_means
from fakelens.train.fit.probe import find_head, run_features
from fakelens.train.networks import build_network
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.studies.options import Setting

Features = Callable[[Images], npt.NDArray[Any]]
_EVEN = 0.5
_MOST_STEPS = 300  # of the solver

Scores = Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]]


class Probe(StrEnum):
    """Features, and what is fitted to them."""

    CLIP_MEANS = "clip-means"  # the difference between class means: the teacher `clip`
    CLIP_REGRESSION = "clip-regression"
    NETWORK = "network"  # a regression on what the head of the recipe's network sees before it is trained


def probes(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What `fakelens train` would learn from.")],
    images: Annotated[Path, typer.Option(help="Folder with a folder for each source, to be judged.")],
    scores: Annotated[Path, typer.Option(metavar="CSV", help="Write digest and score of each image.")],
    probe: Annotated[Probe, typer.Option(help="Features, and what is fitted to them.")] = Probe.CLIP_MEANS,
    recipe: Annotated[str, typer.Option(help="As in `fakelens train`.")] = "photo",
    penalty: Annotated[float, typer.Option(help="Of a regression's squared weights.")] = 0.03,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Images of each source and class.")] = None,
    split: Annotated[Split, typer.Option(help="The part of IMAGES to judge.")] = Split.TRAIN,
    setting: Setting = None,
) -> None:
    """Fit a linear probe to DATA and write what it says of IMAGES at each tier."""
    check_writable(scores, "--scores")
    config = load_config(recipe, dict(parse_setting(text) for text in setting or []))
    chosen = choose_images(images, limit, split)
    checked = ask_detector(fit_probe(data, config, probe, penalty), chosen)
    write_scores(scores, checked)
    for error in checked.errors:
        typer.echo(f"fakelens: {error}", err=True)


def fit_probe(
    data: Path, config: TrainConfig, probe: Probe, penalty: float
) -> Callable[[Image.Image], Answer]:
    """Return what tells P(fake) of an RGB image, learned from the training part of `data`."""
    dataset = load_dataset(data, config.data)
    pictures, labels = dataset.take(Split.TRAIN)
    known = Known(labels=labels, sources=dataset.sources[dataset.rows[Split.TRAIN]])
    if probe is Probe.NETWORK:
        network = build_network(config.network, config.data.size)
        see: Features = partial(run_features, keras.Model(network.input, find_head(network).input))
        learned = see(pictures)
    else:
        see, learned = _open_clip(), embed(pictures)
    means = probe is Probe.CLIP_MEANS
    score = fit_means(learned, known).score if means else _fit_regression(learned, labels, penalty)
    spec = describe_input(config.data)

    def check(image: Image.Image) -> Answer:
        p_fake = float(1 / (1 + np.exp(-score(see(fit_image(image, spec))).mean())))
        return Answer(p_fake=p_fake, label=Label.FAKE if p_fake > _EVEN else Label.REAL)

    return check


def _open_clip() -> Features:
    encoder = Encoder(find_encoder())
    return lambda images: np.stack([encoder.embed(images[place]) for place in range(len(images))])


def _fit_regression(features: npt.NDArray[Any], labels: npt.NDArray[np.uint8], penalty: float) -> Scores:
    """Return the logits of a logistic regression on standardized `features` [n, channels]."""
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(
        C=1 / (penalty * len(features)), class_weight="balanced", max_iter=_MOST_STEPS
    ).fit(scaler.transform(features), labels)
    return lambda seen: np.asarray(regression.decision_function(scaler.transform(seen)), np.float64)


if __name__ == "__main__":
    run_command(probes)
