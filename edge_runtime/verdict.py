"""From a score to an answer: REAL, FAKE or UNSURE."""

from dataclasses import dataclass

from fakelens.edge_runtime.contract import Decision
from fakelens.edge_runtime.strenum import StrEnum
from fakelens.edge_runtime.tiles import Region


class Label(StrEnum):
    """The three answers."""

    REAL = "real"
    FAKE = "fake"
    UNSURE = "unsure"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a model says of one image."""

    label: Label
    p_fake: float  # calibrated on validation data
    model: str
    latency_ms: float  # decode, preprocess and inference together
    reduction: float = 1.0  # how many times the image was scaled down, along its longer side
    regions: tuple[Region, ...] = ()  # the tiles; empty where the model looks at the image as a whole


def decide(p_fake: float, decision: Decision) -> Label:
    """Return the answer for `p_fake` by the contract's threshold and UNSURE band."""
    if decision.unsure_low <= p_fake <= decision.unsure_high:
        return Label.UNSURE
    return Label.FAKE if p_fake >= decision.threshold else Label.REAL
