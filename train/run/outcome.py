"""The outcome of a training in one line, which goes before every figure."""

from dataclasses import dataclass

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Interval, Metrics
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.audit.leak import Leak
from fakelens.train.data.dataset import Dataset

CHANCE = 0.5
_ENOUGH = 40  # pictures that are judged: of fewer, an interval that holds chance may hold nearly everything
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
    part: str  # test or validation
    missing: str = ""  # the class of which the test part holds no image
    at_bound: bool = False  # whether calibration ended at the edge of what it may do
    leak: Leak | None = None  # what tells the classes apart without a picture

    @property
    def learned(self) -> bool:
        """Whether the whole interval of the AUC lies above chance."""
        return self.auc.low > CHANCE

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
    def _verdict(self) -> str:
        if not self.learned:
            tells = self.pictures >= _ENOUGH or self.auc.high <= CHANCE
            return "no better than guessing" if tells else "too few pictures to tell"
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
    judged = validation if test is None else test
    counts = [dataset.count(Split.TEST, label) for label in range(len(LABELS))]
    missing = LABELS[counts.index(0)] if any(counts) and 0 in counts else ""
    return Outcome(
        auc=judged.auc,
        pictures=judged.pictures,
        part="validation" if test is None else "test",
        at_bound=at_bound,
        leak=leak,
        missing=missing,
    )


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
