"""From the scores of single frames to one steady verdict."""

import math
from dataclasses import dataclass

from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.modelfile.contract import Decision

_ANOTHER_S = 600.0  # after so long nothing of before counts


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """How much of the past counts."""

    seconds: float = 1.0  # time constant: what was seen that long ago counts 1/e; 0 for no smoothing
    margin: float = 0.05  # of P(fake), by which REAL and FAKE are left later than they were entered


@dataclass(frozen=True, kw_only=True)
class Smoothed:
    """The verdict on what the camera sees."""

    label: Label
    p_fake: float


class Smoother:
    """An exponential mean over time; REAL and FAKE are entered at the contract's borders and left beyond.

    Seconds are those of the source's clock, so a file gives the same verdicts however fast it is read.
    """

    def __init__(self, decision: Decision, config: SmoothingConfig) -> None:
        self._decision, self._config = decision, config
        self._latest: Smoothed | None = None
        self._time_s = 0.0

    def add(self, p_fake: float, time_s: float) -> Smoothed:
        """Take in the score of a frame of the source's second `time_s`; return the smoothed verdict."""
        last = self._latest
        if last is not None:
            elapsed_s = max(0.0, time_s - self._time_s)
            share = 1 - math.exp(-elapsed_s / self._config.seconds) if self._config.seconds > 0 else 1.0
            if elapsed_s >= _ANOTHER_S:  # another picture, not another moment: no margin either
                last = None
            else:
                p_fake = last.p_fake + share * (p_fake - last.p_fake)
        label = self._decide(p_fake, None if last is None else last.label)
        self._latest, self._time_s = Smoothed(label=label, p_fake=p_fake), time_s
        return self._latest

    def _decide(self, p_fake: float, last: Label | None) -> Label:
        label = decide(p_fake, self._decision)
        if last is None or last is Label.UNSURE or self._config.seconds == 0:
            return label  # UNSURE has no margin: a FAKE border near 1 could not be reached otherwise
        margin = self._config.margin
        near = (min(1.0, max(0.0, p_fake + step)) for step in (-margin, margin))
        return last if last in {decide(score, self._decision) for score in near} else label
