"""From a score to an answer: REAL, FAKE or UNSURE."""

from dataclasses import dataclass

from fakelens.edge_runtime.contract import Contract, Decision
from fakelens.edge_runtime.provenance.evidence import Evidence
from fakelens.edge_runtime.strenum import StrEnum
from fakelens.edge_runtime.tiles import Region

TOO_REDUCED = 2.0  # times; beyond it, traces of a pixel or two are averaged away


class Label(StrEnum):
    """The three answers."""

    REAL = "real"
    FAKE = "fake"
    UNSURE = "unsure"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a model says of one image, beside what the file says of itself."""

    label: Label
    p_fake: float  # of the pixels; calibrated on validation data
    model: str
    latency_ms: float  # decode, preprocess and inference together
    reduction: float = 1.0  # how many times the image was scaled down, along its longer side
    regions: tuple[Region, ...] = ()  # the tiles; empty where the model looks at the image as a whole
    evidence: tuple[Evidence, ...] | None = None  # what the file says of itself; None where it was not asked
    pixels_label: Label | None = None  # the pixels' answer, where the file's own statement decided instead


def decide(p_fake: float, decision: Decision) -> Label:
    """Return the answer for `p_fake` by the contract's threshold and UNSURE band."""
    if decision.unsure_low <= p_fake <= decision.unsure_high:
        return Label.UNSURE
    return Label.FAKE if p_fake >= decision.threshold else Label.REAL


def warn_of_reduction(contract: Contract, times: float) -> str:
    """Return what to tell a user whose picture was scaled down `times` over, along its longer side."""
    size = contract.input.size
    return (
        f"{contract.name} sees an image scaled to {size} x {size} px; scaling down a photo {times:.0f} times "
        "erases most traces of generation, so do not lean on its verdict"
    )
