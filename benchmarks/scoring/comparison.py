"""A model beside a reference on the same images, such as an int8 file beside its float twin."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.mcnemar import McNemar, mcnemar
from fakelens.benchmarks.metrics import Interval, wilson_interval
from fakelens.benchmarks.scoring.accuracy import Scores, give_verdicts, mark_correct
from fakelens.edge_runtime.modelfile.contract import Contract


@dataclass(frozen=True, kw_only=True)
class ScoredModel:
    """A model file and what it says of some images."""

    path: Path
    contract: Contract  # as it was while scoring
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How a model differs from a reference; each decides by its own threshold and UNSURE band."""

    path: Path  # of the reference
    accuracy: Interval  # of the reference
    difference: float  # the model's accuracy less the reference's, a share
    agreement: Interval  # share of images with the same verdict, UNSURE being one of three
    mcnemar: McNemar  # a is the model, b the reference


def compare_models(model: ScoredModel, reference: ScoredModel) -> Comparison:
    """Return how `model` differs from `reference`; `ValueError` where they saw other images."""
    if model.scores.images != reference.scores.images:
        raise ValueError("scores of different images: a comparison needs the same ones in the same order")
    both = (model, reference)
    right, reference_right = (mark_correct(each.scores, each.contract.decision) for each in both)
    verdicts, reference_verdicts = (give_verdicts(each.scores, each.contract.decision) for each in both)
    n = len(right)
    agreed = sum(a is b for a, b in zip(verdicts, reference_verdicts, strict=True))
    return Comparison(
        path=reference.path,
        accuracy=wilson_interval(int(np.sum(reference_right)), n),
        difference=(int(np.sum(right)) - int(np.sum(reference_right))) / n,
        agreement=wilson_interval(agreed, n),
        mcnemar=mcnemar(right, reference_right),
    )
