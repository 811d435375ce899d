"""CLIP as a teacher: soft labels from what a network that has read captions makes of the pictures.

Its embedding of a picture becomes a score along the difference between the mean fake and the mean photo, over
standardized features (diagonal discriminant analysis, Dudoit et al. 2002), where each source counts alike
however many pictures it has. Means are compared among pictures of like content and averaged over these strata
(Cochran 1968): otherwise what photos happen to show would pass for what makes them photos. A regression
follows the sources at hand more closely, and ranks pictures of other sources worse.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.train.data.epoch import Floats
from fakelens.train.data.image_rows import Images
from fakelens.train.data.loss_weights import source_weights
from fakelens.train.fit.clip_encoder import embed

_STRATA = (1, 2, 3, 4)  # of like embeddings
_STARTS = 3  # of the clustering, which ends elsewhere from each
METHOD = f"{_STRATA} strata from {_STARTS} starts"  # what answers kept in a cache depend on
_LOOSE = 1e4  # of a regression on one number, which needs no penalty

Features = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of pictures beside their pixels."""

    labels: npt.NDArray[np.uint8]  # [n], 1 is fake
    sources: npt.NDArray[np.str_]  # [n]


@dataclass(frozen=True, kw_only=True)
class MeansProbe:
    """Standardized embeddings on the difference between the means of the classes."""

    mean: Features  # [channels], of embeddings of length 1
    deviation: Features  # [channels]
    direction: Features  # [channels]
    bias: float

    def score(self, embeddings: Floats) -> Features:
        """Return the logit of P(fake) [n] of `embeddings` [n, channels]."""
        standard = (_to_unit(embeddings) - self.mean) / self.deviation
        return np.asarray(standard @ self.direction + self.bias, np.float64)


def ask_clip(images_u8: Images, known: Known) -> Floats:
    """Return P(fake) [n] of images [n, size, size, 3] by CLIP, fitted to what is `known` of them."""
    embeddings = embed(images_u8)
    logits = fit_means(embeddings, known).score(embeddings)
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def fit_means(embeddings: Floats, known: Known) -> MeansProbe:
    """Return the probe for `embeddings` [n, channels]; its scale and bias alone come from a regression."""
    from sklearn.cluster import KMeans  # a second of work, for recipes with this teacher alone
    from sklearn.linear_model import LogisticRegression

    unit = _to_unit(embeddings)
    mean, deviation = unit.mean(axis=0), unit.std(axis=0)
    standard = (unit - mean) / deviation
    direction = np.zeros(unit.shape[1])
    for count in _STRATA:
        for start in range(_STARTS):
            strata = KMeans(min(count, len(unit)), n_init=1, random_state=start).fit_predict(unit)
            part = _differ_within(strata, standard, known)
            if part.any():
                direction += part / (standard @ part).std()
    scores = standard @ direction
    spread = scores.std()
    regression = LogisticRegression(C=_LOOSE, class_weight="balanced")
    regression.fit(scores[:, None] / spread, known.labels)
    return MeansProbe(
        mean=mean,
        deviation=deviation,
        direction=direction * float(regression.coef_[0, 0]) / spread,
        bias=float(regression.intercept_[0]),
    )


def _to_unit(embeddings: Floats) -> Features:
    unit = np.asarray(embeddings, np.float64)
    return np.asarray(unit / np.linalg.norm(unit, axis=1, keepdims=True), np.float64)


def _differ_within(strata: npt.NDArray[np.int32], features: Features, known: Known) -> Features:
    """Return the mean fake minus the mean photo [channels], averaged over `strata` [n] that hold both."""
    weights = source_weights(known.labels, known.sources)
    direction = np.zeros(features.shape[1])
    for stratum in range(strata.max() + 1):
        photos, fakes = ((strata == stratum) & (known.labels == label) for label in (0, 1))
        if not photos.any() or not fakes.any():
            continue
        mass = 1 / (1 / weights[photos].sum() + 1 / weights[fakes].sum())
        means = [np.average(features[part], axis=0, weights=weights[part]) for part in (photos, fakes)]
        direction += mass * (means[1] - means[0])
    return direction
