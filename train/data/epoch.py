"""Choice, order and weights of an epoch's images."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class EpochPlan:
    """The batches of an epoch; every batch is full, the last one topped up with repeated images."""

    rows: npt.NDArray[np.int64]  # [steps, batch_size], of the images
    weights: Floats  # [steps, batch_size], of their losses


def count_steps(images: int, batch_size: int) -> int:
    """Return the steps of an epoch over `images`."""
    return math.ceil(images / batch_size)


def describe_epochs(epochs: int, steps: int) -> str:
    """Return `epochs` of `steps` each in words."""
    return f"{epochs} epoch{'s' * (epochs != 1)} of {steps} step{'s' * (steps != 1)}"


def plan_epoch(
    losses: Floats, batch_size: int, skip_easy: float, rng: np.random.Generator, repeats: int = 1
) -> EpochPlan:
    """Return a random order of the images, each `repeats` times, the easy ones thinned out.

    `losses` [n] are those last seen, infinite where an image has not been seen. Of the images below the mean,
    a share of `skip_easy` is left out by lot and the others count the more for it, so that the expected
    gradient stays that of all images (InfoBatch, Qin et al. 2024).
    """
    kept = np.ones(len(losses), bool)
    weights = np.ones(len(losses), np.float32)
    if skip_easy and np.isfinite(losses).all():
        easy = losses < losses.mean()
        kept = ~(easy & (rng.random(len(losses)) < skip_easy))
        weights[easy] = 1 / (1 - skip_easy)
    order = rng.permutation(np.tile(np.flatnonzero(kept), repeats))
    rows = np.resize(order, (count_steps(len(order), batch_size), batch_size))
    return EpochPlan(rows=rows, weights=weights[rows])
