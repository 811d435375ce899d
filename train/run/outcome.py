"""The outcome of a training in one line, which goes before every figure."""

from dataclasses import dataclass

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, Metrics
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.audit.leak import Leak
from fakelens.train.data.dataset import Dataset

CHANCE = 0.5
# Pictures of the rarer class that are judged. Of fewer than 8, the whole interval of random scores lies above
# chance in 3 to 18% of all cases, where 2.5% are meant: resampling does not widen what chance tells apart.
# Of fewer than 20, an interval that holds chance may hold nearly everything.
_ENOUGH_TO_LEARN, _ENOUGH_TO_GUESS = 8, 20
_LEARNED = "learned"
_UNSEEN = (
    ", which the network did not see: it was given every picture rescaled and compressed at random. What "
    "goes with it, such as sharpness, it may have learned"
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether a run learned anything, judged by its test part, or by validation where there is none."""

    auc: Interval
    pictures: int
    rarer: int  # of these, the pictures of the class that has fewer
    part: str  # test or validation
    missing: str = ""  # the class of which the test part holds no image
    at_bound: bool = False  # whether calibration ended at the edge of what it may do
    leak: Leak | None = None  # what tells the classes apart without a picture

    @property
    def learned(self) -> bool:
        """Whether the whole interval of the AUC lies above chance, on pictures enough to tell."""
        return self.auc.low > CHANCE and not self._is_open

    @property
    def is_doubtful(self) -> bool:
        """Whether the model is worth nothing, or no more than a look at its files."""
        return self._verdict != _LEARNED

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        value, low, high = (_show(number) for number in (self.auc.value, self.auc.low, self.auc.high))
        note = "" if self.leak is None else f"; {self.leak.sentence}"
        note += _UNSEEN if self.leak is not None and not self.leak.seen else ""
        note += f"; the test part has no {self.missing} images and was not scored" if self.missing else ""
        note += "; calibration hit its bound, so P(fake) means little" if self.at_bound else ""
        judged = f"on {self.pictures:,} {self.part} pictures, chance {_show(CHANCE)}"
        return f"{self._verdict}: AUC {value} [{low}, {high}] {judged}{note}"

    @property
    def _is_open(self) -> bool:
        """Whether more pictures could turn the answer over."""
        holds_chance = self.auc.low <= CHANCE < self.auc.high
        return self.rarer < (_ENOUGH_TO_GUESS if holds_chance else _ENOUGH_TO_LEARN)

    @property
    def _verdict(self) -> str:
        if self._is_open:
            return "too few pictures to tell"
        if not self.learned:
            return "no better than guessing"
        if self.leak is None or not self.leak.seen or self.auc.low > self.leak.auc:
            return _LEARNED
        kind = "as good as" if self.auc.high >= self.leak.auc else "not even as good as"
        return f"{kind} {self.leak.fact} alone (audit)"


def judge_outcome(
    dataset: Dataset,
    validation: Metrics,
    test: Metrics | None,
    *,
    at_bound: bool = False,
    leak: Leak | None = None,
) -> Outcome:
    """Return the verdict on a run over `dataset` from the figures of its parts."""
    judged, part = (validation, Split.VAL) if test is None else (test, Split.TEST)
    counts = [dataset.count(Split.TEST, label) for label in range(len(LABELS))]
    missing = LABELS[counts.index(0)] if any(counts) and 0 in counts else ""
    return Outcome(
        auc=judged.auc,
        pictures=judged.pictures,
        rarer=_count_rarer(dataset, part),
        part="validation" if test is None else "test",
        at_bound=at_bound,
        leak=leak,
        missing=missing,
    )


def _count_rarer(dataset: Dataset, part: Split) -> int:
    """Return how many files the class has that has fewer in `part`."""
    rows = dataset.rows[part]
    files = {(int(dataset.labels[row]), dataset.paths[row]) for row in rows}
    return min(sum(label == of for of, _ in files) for label in range(len(LABELS)))


def check_auc(outcome: Outcome, least: float | None) -> None:
    """Raise `GateError` where the AUC is below `least`; None asks for nothing."""
    if least is not None and outcome.auc.value < least:
        raise GateError(
            f"AUC {_show(outcome.auc.value)} on {outcome.part} is below --require-auc {least:g}: "
            "the run is kept; give more pictures"
        )


def show_auc(auc: Interval) -> str:
    """Return `0.912 [0.880, 0.940]`."""
    return f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]"


def _show(number: float) -> str:
    return f"{number:.2f}".removeprefix("0")
