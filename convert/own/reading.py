"""How to read a classifier that says nothing of itself: scaling, form of answer, which class is fake."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.convert.own.config import Scaling
from fakelens.convert.own.scaling import Floats, scale_images
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_CHANCE = 0.5
_CHOSEN_AMONG = 0.55  # AUC that the best of several must surpass for certain, lest chance chose it
_ALIKE, _ALIKE_ACCURACY = 0.01, 0.05  # AUC and accuracy: scalings that differ by less are equals
_LARGE = (Scaling.RAW, Scaling.CAFFE)
_SLACK = 0.02  # of a probability, for outputs that are quantized
_SMALLEST = 1e-6
_MOST_LOGIT = 15.0

Answer = Callable[[Floats], Floats]  # scaled images [n, size, size, 3] -> outputs [n, 1 or 2]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What turns raw pixels into P(fake) by a classifier."""

    scaling: Scaling
    outputs: int  # one value, of one class, or two
    logits: bool  # whether a sigmoid, or a softmax, is still missing
    fake_last: bool  # whether the one value, or the second, is of fake; else of real

    def score(self, answers: Floats) -> Floats:
        """Return P(fake) [n] from what the classifier gives."""
        values = np.asarray(answers, np.float64)
        if self.logits:
            margin = values[:, -1] - (values[:, 0] if self.outputs > 1 else 0)
            share = 1 / (1 + np.exp(-np.clip(margin, -700, 700)))
        else:
            share = values[:, -1]
        return np.asarray(share if self.fake_last else 1 - share, np.float32)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A reading, and how well it tells the classes apart, beside the next best one."""

    reading: Reading
    auc: Interval
    images: int
    accuracy: float  # at .5
    best_accuracy: float  # at the best border
    next_best: Scaling | None = None  # None where nothing else was tried
    next_auc: float = _CHANCE

    @property
    def is_guess(self) -> bool:
        """Whether the model is no better than guessing on these pictures, as is then the order of labels."""
        return self.auc.low <= _CHANCE

    def __str__(self) -> str:
        """Return what was found, in one line."""
        form = {
            (1, False): "one sigmoid",
            (1, True): "one logit",
            (2, False): "two probabilities",
            (2, True): "two logits",
        }[self.reading.outputs, self.reading.logits]
        which = "it is of" if self.reading.outputs == 1 else "the second one is"
        said = (
            "no other tried" if self.next_best is None else f"next best {self.next_best}: {self.next_auc:.3f}"
        )
        return (
            f"scaling {self.reading.scaling} ({said}); {form}, {which} "
            f"{'fake' if self.reading.fake_last else 'real'}; AUC {self.auc.value:.3f} "
            f"[{self.auc.low:.3f}, {self.auc.high:.3f}] on {self.images} pictures"
        )


@dataclass(frozen=True, kw_only=True)
class _Trial:
    reading: Reading
    auc: float
    accuracy: float  # at .5
    log_loss: float
    p_fake: Floats


def find_reading(
    answer: Answer,
    images_u8: ImageU8,
    labels: npt.NDArray[np.uint8],
    scalings: Sequence[Scaling] = tuple(Scaling),
    *,
    given: bool = False,
) -> Finding:
    """Return the reading, of those with one of `scalings`, that tells `images_u8` apart best.

    By AUC and accuracy; among equals, small numbers go before large ones, for a network that learned 0..1 is
    merely surer of itself with 0..255, while one that learned 0..255 sees nothing in 0..1; then by log loss.
    `labels` are 1 for fake; a scaling that was `given` is taken as it is. `UsageError` where outputs have no
    meaning, or no scaling is better than chance.
    """
    answers = {scaling: answer(scale_images(images_u8, scaling)) for scaling in scalings}
    sound = {scaling: values for scaling, values in answers.items() if np.isfinite(values).all()}
    if not sound:
        raise UsageError(
            "the model answers numbers that are none (NaN or infinity) at every scaling: mend it"
        )
    logits = _are_logits(list(sound.values()))
    trials = [_try(scaling, values, labels, logits=logits) for scaling, values in sound.items()]
    best = _choose(trials)
    auc = bootstrap_interval(roc_auc, labels, best.p_fake)
    if not given and auc.low <= (_CHANCE if len(trials) == 1 else _CHOSEN_AMONG):
        name = best.reading.scaling
        tried = f"scaling {name}" if len(trials) == 1 else f"any scaling (best: {name})"
        raise UsageError(
            f"the model does not tell these pictures apart with {tried}: AUC {auc.value:.2f} [{auc.low:.2f}, "
            f"{auc.high:.2f}], .50 is chance; give more pictures, of the kind it learned; or convert it "
            "all the same with --scaling NAME"
        )
    others = [trial for trial in trials if trial is not best]
    second = _choose(others) if others else None
    return Finding(
        reading=best.reading,
        auc=auc,
        images=len(labels),
        accuracy=best.accuracy,
        best_accuracy=_find_best_accuracy(best.p_fake, labels),
        next_best=None if second is None else second.reading.scaling,
        next_auc=_CHANCE if second is None else second.auc,
    )


def _choose(trials: Sequence[_Trial]) -> _Trial:
    highest = max(trial.auc for trial in trials)
    alike = [trial for trial in trials if trial.auc >= highest - _ALIKE]
    most = max(trial.accuracy for trial in alike)
    alike = [trial for trial in alike if trial.accuracy >= most - _ALIKE_ACCURACY]
    return min(alike, key=lambda trial: (trial.reading.scaling in _LARGE, trial.log_loss))


def _find_best_accuracy(p_fake: Floats, labels: npt.NDArray[np.uint8]) -> float:
    """Return the accuracy at the border that suits these pictures best."""
    ranked = labels[np.argsort(p_fake, kind="stable")].astype(np.int64)
    right = np.cumsum(1 - ranked) + ranked.sum() - np.cumsum(ranked)  # reals below the border, fakes above it
    return float(max(right.max(), ranked.sum())) / len(labels)


def _are_logits(answers: Sequence[Floats]) -> bool:
    """Whether outputs are no probabilities; `UsageError` for two of them that are not shares of one."""
    values = np.concatenate(answers)
    if values.min() < -_SLACK or values.max() > 1 + _SLACK:
        return True
    if values.shape[1] == 1 or np.allclose(values.sum(axis=1), 1, atol=_SLACK):
        return False
    raise UsageError(
        "the two outputs are probabilities that do not add up to one, such as of two sigmoids: end the model "
        "in one sigmoid, or in a softmax of two"
    )


def _try(scaling: Scaling, answers: Floats, labels: npt.NDArray[np.uint8], *, logits: bool) -> _Trial:
    """Return how well a scaling does with the order of classes that suits it better."""
    reading = Reading(scaling=scaling, outputs=answers.shape[1], logits=logits, fake_last=True)
    if roc_auc(labels, reading.score(answers)) < _CHANCE:
        reading = Reading(scaling=scaling, outputs=answers.shape[1], logits=logits, fake_last=False)
    p_fake = reading.score(answers)
    p_true = np.clip(np.where(labels == 1, p_fake, 1 - p_fake), _SMALLEST, 1)
    loss = float(np.mean(np.minimum(-np.log(p_true), _MOST_LOGIT)))
    accuracy = float(np.mean((p_fake >= _CHANCE) == (labels == 1)))
    return _Trial(
        reading=reading, auc=roc_auc(labels, p_fake), accuracy=accuracy, log_loss=loss, p_fake=p_fake
    )
