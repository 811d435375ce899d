"""CLIP as a teacher: soft labels from what a network that has read captions makes of the pictures.

Its embedding of a picture becomes a score along the difference between the mean fake and the mean photo, over
standardized features (diagonal discriminant analysis, Dudoit et al. 2002), where each source counts alike
however many pictures it has. A regression follows the sources at hand more closely, and ranks pictures of
other sources worse.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from fakelens.train.data.epoch import Floats
from fakelens.train.data.image_rows import Images
from fakelens.train.fit.clip_encoder import embed

_LOOSE = 1e4  # of a regression on one number, which needs no penalty


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of pictures beside their pixels."""

    labels: npt.NDArray[np.uint8]  # [n], 1 is fake
    sources: npt.NDArray[np.str_]  # [n]


def ask_clip(images_u8: Images, known: Known) -> Floats:
    """Return P(fake) [n] of images [n, size, size, 3] by CLIP, its scores fitted to their labels."""
    scores = score_by_means(embed(images_u8), known)
    spread = (scores / scores.std())[:, None]
    regression = LogisticRegression(C=_LOOSE, class_weight="balanced").fit(spread, known.labels)
    return np.asarray(regression.predict_proba(spread)[:, 1], np.float32)


def score_by_means(embeddings: Floats, known: Known) -> npt.NDArray[np.float64]:
    """Return a score [n] for each of `embeddings` [n, channels]: higher is nearer to the mean fake."""
    unit = np.asarray(embeddings, np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    standard = (unit - unit.mean(axis=0)) / unit.std(axis=0)
    direction = _mean_of_sources(standard, known, 1) - _mean_of_sources(standard, known, 0)
    return np.asarray(standard @ direction, np.float64)


def _mean_of_sources(features: npt.NDArray[np.float64], known: Known, label: int) -> npt.NDArray[np.float64]:
    of_class = known.labels == label
    means = [
        features[of_class & (known.sources == source)].mean(axis=0)
        for source in np.unique(known.sources[of_class])
    ]
    return np.asarray(np.mean(means, axis=0), np.float64)
