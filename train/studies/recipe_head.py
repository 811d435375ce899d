"""The head of the recipe `photo`, learned from a part of its pictures; for studies of what is left out.

The network's layers do not learn (`fit.epochs` is 0), so what they and CLIP make of the pictures is computed
once, whatever is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import DIGEST_LENGTH, Split
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, load_dataset
from fakelens.train.data.loss_weights import class_weights, weigh_images
from fakelens.train.fit.clip_encoder import embed
from fakelens.train.fit.clip_teacher import Known, fit_means
from fakelens.train.fit.earlier_run import open_network
from fakelens.train.networks import name_head
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.startup import load_tensorflow, require_tensorflow

if TYPE_CHECKING:  # else `--help` would load TensorFlow
    from fakelens.train.fit.frozen_layers import Values
    from fakelens.train.fit.hidden_head import HiddenHead
    from fakelens.train.fit.probe import Line

RECIPE = "photo"
_SHARES = 3  # of the pictures; each is judged by a head that learned from the others
MADE = "latent"  # the folder of what `synthesize` made, which is no maker of generators

Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A dataset with what the frozen layers and CLIP make of its training rows."""

    dataset: Dataset
    places: npt.NDArray[np.int64]  # [all rows], of a row among the training rows, -1 for others
    originals: npt.NDArray[np.str_]  # [training rows], the name of the picture that each shows or was made of
    features: "Values"  # [training rows, channels]
    embeddings: npt.NDArray[np.float32]  # [training rows, 512]

    def of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the places of `rows` of the dataset."""
        return self.places[rows]


def open_recipe(data: Path, settings: Sequence[str] | None) -> tuple[TrainConfig, Seen]:
    """Return the recipe with `settings`, as `--set` has them, and what its layers make of `data`."""
    config = load_config(RECIPE, dict(parse_setting(text) for text in settings or []))
    return config, see(data, config)


def see(data: Path, config: TrainConfig) -> Seen:
    """Return the training part of `data` with its features and embeddings."""
    require_tensorflow()
    dataset = load_dataset(data, config.data)
    load_tensorflow()
    from fakelens.train.fit.frozen_layers import open_layers

    rows = dataset.rows[Split.TRAIN]
    places = np.full(len(dataset.labels), -1)
    places[rows] = np.arange(len(rows))
    pictures, _ = dataset.take(Split.TRAIN)
    network = open_network(config.network, config.data.size)
    features = open_layers(network, name_head(config.network)).see(pictures)
    originals = np.array([dataset.paths[row].stem[:DIGEST_LENGTH] for row in rows])
    return Seen(
        dataset=dataset,
        places=places,
        originals=originals,
        features=features,
        embeddings=embed(pictures),
    )


def learn(config: TrainConfig, seen: Seen, learned: npt.NDArray[np.int64]) -> "HiddenHead | Line":
    """Return the head that the recipe fits to the rows `learned` among the training rows."""
    from fakelens.train.fit.distill import mix_labels
    from fakelens.train.fit.hidden_head import HeadLesson, fit_hidden
    from fakelens.train.fit.probe import fit_line

    everything = seen.dataset.rows[Split.TRAIN][learned]
    known = Known(labels=seen.dataset.labels[everything], sources=seen.dataset.sources[everything])
    embeddings = seen.embeddings[learned]
    taught = 1 / (1 + np.exp(-fit_means(embeddings, known).score(embeddings)))
    targets = mix_labels(taught.astype(np.float32), known.labels, config.distill)
    balance, weights = class_weights(known.labels), weigh_images(known.labels, known.sources, config.fit)
    if weights is None:
        weights = np.ones(len(known.labels), np.float32)
    features, units = seen.features[learned], config.network.hidden
    if not units:
        return fit_line(features, targets, (balance[:, None] * weights).astype(np.float64), config.fit.probe)
    lesson = HeadLesson(
        features=features, targets=targets, weights=(balance[known.labels] * weights).astype(np.float64)
    )
    return fit_hidden(lesson, units, config.head, config.seed)


def cut_shares(originals: npt.NDArray[np.str_]) -> Numbers:
    """Return for each training row which third of the pictures it shows, or was made of."""
    names, place = np.unique(originals, return_inverse=True)
    return np.random.default_rng(0).permutation(len(names))[place] % _SHARES


def score_parts(config: TrainConfig, seen: Seen, parts: Numbers) -> "Values":
    """Return the logit of each training row by a head that learned from all parts but that of the row."""
    scores = np.empty(len(parts))
    for part in np.unique(parts):
        head = learn(config, seen, np.flatnonzero(parts != part))
        scores[parts == part] = head.score(seen.features[parts == part])
    return scores


def is_made(seen: Seen) -> npt.NDArray[np.bool_]:
    """Return which training rows show what `synthesize` made."""
    return np.char.startswith(list_sources(seen), MADE)


def average_pictures(
    seen: Seen, judged: npt.NDArray[np.bool_], scores: "Values"
) -> tuple[npt.NDArray[np.uint8], "Values"]:
    """Return class and mean logit, over its histories, of each picture that the rows `judged` show."""
    rows = seen.dataset.rows[Split.TRAIN][judged]
    _, first, place = np.unique(
        [str(seen.dataset.paths[row]) for row in rows], return_index=True, return_inverse=True
    )
    return seen.dataset.labels[rows][first], np.bincount(place, scores[judged]) / np.bincount(place)


def list_sources(seen: Seen) -> npt.NDArray[np.str_]:
    """Return the source of each training row."""
    return seen.dataset.sources[seen.dataset.rows[Split.TRAIN]]


def list_labels(seen: Seen) -> npt.NDArray[np.uint8]:
    """Return the class of each training row."""
    return seen.dataset.labels[seen.dataset.rows[Split.TRAIN]]
