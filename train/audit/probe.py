"""Does something other than the image give the class away? Probes that see plain facts, no picture.

After Grommelt et al. 2024 (arXiv:2403.17608): detectors trained on JPEG reals and PNG fakes learn the
format. A probe near AUC .50 rules that out; near 1 means that a detector need not look at the image.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from fakelens.benchmarks.metrics import Interval, bootstrap_interval, roc_auc
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.audit.headers import read_header

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_FOLDS = 5
_FEWEST = 2
_MOST_WORDS = 32  # distinct words of one fact that are kept apart; the rarer ones count as one
_WORDS_SHOWN = 3
_USUAL_SHARE = 0.5  # of a class; a number that so many share is shown as such, not as a range
_DIGITS = 3  # of a score; a bootstrap costs as many steps as there are distinct scores

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Clue:
    """One fact and how well it tells the class on its own."""

    name: str
    auc: float  # cross-validated
    real: str  # its values among the reals, in words
    fake: str

    @property
    def sentence(self) -> str:
        """The clue in words."""
        return f"{self.name}: reals {self.real}; fakes {self.fake}"


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What a probe came to: cross-validated AUC (.50 is chance, 95% bootstrap interval) and the clues."""

    auc: Interval
    images: int
    clues: tuple[Clue, ...]  # of all facts that vary, the strongest first


def probe_metadata(real: Sequence[Path], fake: Sequence[Path], seed: int = 0) -> ProbeResult:
    """Return how well size, dimensions, format, mode, tables and tags tell `fake` files from `real`.

    Files of one name stay in one fold, so that no picture of a pair gives the other away.
    Raises `UsageError` where there are fewer than two names, or files of a class.
    """
    files = [*real, *fake]
    labels = np.repeat([0, 1], [len(real), len(fake)])
    names = {name: group for group, name in enumerate(sorted({path.stem for path in files}))}
    groups = [names[path.stem] for path in files]
    if not has_enough(labels, groups):
        raise UsageError(
            f"{len(real)} real and {len(fake)} fake files are too few for a probe: give {_FEWEST} of each"
        )
    return probe_facts([read_header(path) for path in files], labels, groups, seed)


def has_enough(labels: Array, groups: Sequence[int]) -> bool:
    """Whether there is enough for a probe to learn from and be tested on; labels are 0 and 1."""
    return bool(min(len(set(groups)), *np.bincount(labels, minlength=2)) >= _FEWEST)


def probe_facts(
    facts: "Sequence[DataclassInstance]", labels: Array, groups: Sequence[int], seed: int = 0
) -> ProbeResult:
    """Return how well `facts`, one dataclass of numbers and words an image, tell label 1 from label 0.

    Images of one group stay in one fold. There must be enough of them: see `has_enough`.
    """
    names = [field.name for field in fields(facts[0])]
    values = {name: [getattr(fact, name) for fact in facts] for name in names}
    varying = {name: column for name, column in values.items() if len(set(column)) > 1}
    blocks = {name: _encode(column) for name, column in varying.items()}
    folds = _cut_folds(labels, groups, seed)
    # Balanced weights: with facts that tell nothing, every answer is .5 whatever a fold's class shares.
    trees = ExtraTreesClassifier(100, min_samples_leaf=3, class_weight="balanced", random_state=seed)
    twig = DecisionTreeClassifier(
        max_leaf_nodes=16, min_samples_leaf=5, class_weight="balanced", random_state=seed
    )
    table = np.concatenate([np.zeros((len(labels), 1)), *blocks.values()], axis=1)
    scores = _predict(trees, table, labels, folds)
    clues = [
        Clue(
            name=name.replace("_", " "),
            auc=roc_auc(labels, _predict(twig, block, labels, folds)),
            real=_describe([v for v, label in zip(values[name], labels, strict=True) if not label]),
            fake=_describe([v for v, label in zip(values[name], labels, strict=True) if label]),
        )
        for name, block in blocks.items()
    ]
    return ProbeResult(
        auc=bootstrap_interval(roc_auc, labels, scores),
        images=len(labels),
        clues=tuple(sorted(clues, key=lambda clue: -round(clue.auc, _DIGITS))),
    )


def _encode(column: Sequence[str | float]) -> Array:
    """Return `column` as numbers, [n, 1], or one column a word, [n, words]."""
    if not isinstance(column[0], str):
        return np.array(column, np.float64)[:, None]
    encoder = OneHotEncoder(max_categories=_MOST_WORDS, sparse_output=False)
    return np.asarray(encoder.fit_transform(np.array(column, object)[:, None]))


def _cut_folds(labels: Array, groups: Sequence[int], seed: int) -> list[tuple[Array, Array]]:
    count = min(_FOLDS, len(set(groups)), *np.bincount(labels))
    folds = StratifiedGroupKFold(int(count), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer images than folds: a wide interval
        return list(folds.split(labels, labels, groups))


def _predict(model: Any, table: Array, labels: Array, folds: list[tuple[Array, Array]]) -> Array:
    """Return P(fake) of each image from a model that has not seen its group."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a fold without one of the classes
        predicted = cross_val_predict(model, table, labels, cv=folds, method="predict_proba")
    return np.asarray(predicted[:, 1].round(_DIGITS))


def _describe(column: Sequence[str | float]) -> str:
    """Return `column` in words: the usual values with their shares, or median and middle 80%."""
    counts = Counter(column).most_common(_WORDS_SHOWN)
    if isinstance(column[0], str) or counts[0][1] >= _USUAL_SHARE * len(column):
        if counts[0][1] == len(column):
            return _show(counts[0][0])
        shown = [f"{_show(value)} ({100 * count / len(column):.0f}%)" for value, count in counts]
        return ", ".join(shown[:1] if not isinstance(column[0], str) else shown)
    low, middle, high = np.quantile(np.array(column, np.float64), (0.1, 0.5, 0.9))
    return f"{_show(float(middle))} ({_show(float(low))} to {_show(float(high))})"


def _show(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
