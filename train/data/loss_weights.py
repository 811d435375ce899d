"""What each image weighs in the loss, so that neither the larger class nor the larger source decides."""

import logging
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import FitConfig

_MOST_FACTOR = 1000

_log = logging.getLogger(__name__)


def class_weights(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the loss weight of each class, [2]: inverse to its share, 1 for both where they balance."""
    counts = np.bincount(labels, minlength=len(LABELS))
    return (len(labels) / (len(LABELS) * counts)).astype(np.float32)


def source_weights(labels: npt.NDArray[np.uint8], sources: npt.NDArray[np.str_]) -> npt.NDArray[np.float32]:
    """Return weights [n] by which every source of a class counts alike; their mean is 1 in each class."""
    weights = np.ones(len(labels))
    for label in np.unique(labels):
        of_class = labels == label
        _, group, counts = np.unique(sources[of_class], return_inverse=True, return_counts=True)
        weights[of_class] = of_class.sum() / (len(counts) * counts[group])
    return weights.astype(np.float32)


def weigh_images(
    labels: npt.NDArray[np.uint8], sources: npt.NDArray[np.str_], config: FitConfig
) -> npt.NDArray[np.float32] | None:
    """Return the weights [n] that `config` gives sources, of mean 1 in each class; None where it gives none.

    Names of `config.weigh` that no source has are said in the log, since sources may be left out. Raises
    `ConfigError` for a line that is not NAME=FACTOR.
    """
    factors = read_factors(config.weigh)
    if not config.alike and not factors:
        return None
    weights = np.ones(len(labels))
    if config.alike:
        weights *= source_weights(labels, sources) ** config.alike
    names, place = np.unique(sources, return_inverse=True)
    missing = []
    for name, factor in factors.items():
        of_name = np.array([f"/{name}/" in f"/{source}/" for source in names], bool)[place]
        weights[of_name] *= factor
        if not of_name.any():
            missing.append(name)
    if missing:
        _log.info("fit.weigh: no image of %s is learned from", ", ".join(missing))
    for label in np.unique(labels):
        weights[labels == label] /= weights[labels == label].mean()
    return weights.astype(np.float32)


def read_factors(lines: Sequence[str]) -> dict[str, float]:
    """Return the factor of each NAME of `lines`, NAME=FACTOR; `ConfigError` for others, and for one twice."""
    factors: dict[str, float] = {}
    for line in lines:
        name, _, text = line.partition("=")
        name = name.strip("/ ")
        try:
            factor = float(text)
        except ValueError:
            factor = math.nan
        if not name or name in factors or not 0.0 < factor <= _MOST_FACTOR:
            raise ConfigError(
                f"fit.weigh: {line!r} is no NAME=FACTOR; name each source once, with a factor above 0 and up "
                f"to {_MOST_FACTOR}"
            )
        factors[name] = factor
    return factors
