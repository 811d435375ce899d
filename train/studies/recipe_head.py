"""The head of the recipe `photo`, learned from a part of its pictures; for studies of what is left out.

The network's layers do not learn (`fit.epochs` is 0), so what they and CLIP make of the pictures is computed
once, whatever is left out.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import DIGEST_LENGTH, Split
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset, class_weights, load_dataset, source_weights
from fakelens.train.fit.clip_encoder import embed
from fakelens.train.fit.clip_teacher import Known, fit_means
from fakelens.train.fit.distill import mix_labels
from fakelens.train.fit.frozen_layers import Values, open_layers
from fakelens.train.fit.hidden_head import HeadLesson, HiddenHead, fit_hidden
from fakelens.train.fit.probe import Line, fit_line
from fakelens.train.networks import build_network, name_head

RECIPE = "photo"
MADE = "latent"  # the folder of what `synthesize` made, which is no maker of generators


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A dataset with what the frozen layers and CLIP make of its training rows."""

    dataset: Dataset
    places: npt.NDArray[np.int64]  # [all rows], of a row among the training rows, -1 for others
    originals: npt.NDArray[np.str_]  # [training rows], the name of the picture that each shows or was made of
    features: Values  # [training rows, channels]
    embeddings: npt.NDArray[np.float32]  # [training rows, 512]

    def of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the places of `rows` of the dataset."""
        return self.places[rows]


def see(data: Path, config: TrainConfig) -> Seen:
    """Return the training part of `data` with its features and embeddings."""
    dataset = load_dataset(data, config.data)
    rows = dataset.rows[Split.TRAIN]
    places = np.full(len(dataset.labels), -1)
    places[rows] = np.arange(len(rows))
    pictures, _ = dataset.take(Split.TRAIN)
    network = build_network(config.network, config.data.size)
    features = open_layers(network, name_head(config.network)).see(pictures)
    originals = np.array([dataset.paths[row].stem[:DIGEST_LENGTH] for row in rows])
    return Seen(
        dataset=dataset,
        places=places,
        originals=originals,
        features=features,
        embeddings=embed(pictures),
    )


def learn(config: TrainConfig, seen: Seen, learned: npt.NDArray[np.int64]) -> HiddenHead | Line:
    """Return the head that the recipe fits to the rows `learned` among the training rows."""
    everything = seen.dataset.rows[Split.TRAIN][learned]
    known = Known(labels=seen.dataset.labels[everything], sources=seen.dataset.sources[everything])
    embeddings = seen.embeddings[learned]
    taught = 1 / (1 + np.exp(-fit_means(embeddings, known).score(embeddings)))
    targets = mix_labels(taught.astype(np.float32), known.labels, config.distill)
    balance, weights = class_weights(known.labels), source_weights(known.labels, known.sources)
    features, units = seen.features[learned], config.network.hidden
    if not units:
        return fit_line(features, targets, (balance[:, None] * weights).astype(np.float64), config.fit.probe)
    lesson = HeadLesson(
        features=features, targets=targets, weights=(balance[known.labels] * weights).astype(np.float64)
    )
    return fit_hidden(lesson, units, config.head, config.seed)
