"""From a score to an answer: REAL, FAKE or UNSURE."""

from dataclasses import dataclass, replace
from enum import StrEnum

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, OperatingPoint
from fakelens.edge_runtime.pictures.tiles import Region
from fakelens.edge_runtime.provenance.evidence import Evidence, declares_generated

TOO_REDUCED = 2.0  # times; beyond it, traces of a pixel or two are averaged away
_EVEN = 0.5  # P(fake)


class Label(StrEnum):
    """The three answers."""

    REAL = "real"
    FAKE = "fake"
    UNSURE = "unsure"


class Stance(StrEnum):
    """On which side to err."""

    CAUTIOUS = "cautious"  # FAKE where hardly a real image is
    SENSITIVE = "sensitive"  # FAKE also where some real images are


_FALSE_ALARMS = {Stance.CAUTIOUS: 0.01, Stance.SENSITIVE: 0.10}  # at most, of validation images


@dataclass(frozen=True, kw_only=True)
class ViewScore:
    """What one view of the model says of an image."""

    name: str
    p_fake: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a model says of one image, beside what the file says of itself."""

    label: Label
    p_fake: float  # of the pixels; calibrated on validation data
    model: str
    latency_ms: float  # decode, preprocess and inference together
    reduction: float = 1.0  # how many times an image was scaled down for a model of small images, longer side
    regions: tuple[Region, ...] = ()  # the tiles; empty where the model looks at the image as a whole
    reason: Reason | None = None  # why there is nothing left to see; the answer is UNSURE then
    views: tuple[ViewScore, ...] = ()  # empty where the model has one
    evidence: tuple[Evidence, ...] | None = None  # what the file says of itself; None where it was not asked
    pixels_label: Label | None = None  # the pixels' answer, where the file's own statement decided instead
    unstable: bool = (
        False  # whether a mild degradation turned it over (see `recheck`); the answer is UNSURE then
    )

    @property
    def of_pixels(self) -> Label:
        """What the pixels alone say: what a scale and a heat map show."""
        return self.pixels_label or self.label


def decide(p_fake: float, decision: Decision, reason: Reason | None = None) -> Label:
    """Return the answer for `p_fake` by the threshold and the band; UNSURE where there is a `reason`."""
    if reason is not None or decision.unsure_low <= p_fake <= decision.unsure_high:
        return Label.UNSURE
    return Label.FAKE if p_fake >= decision.threshold else Label.REAL


def fuse_evidence(verdict: Verdict, evidence: tuple[Evidence, ...]) -> Verdict:
    """Return `verdict`, which is of the pixels, with what the file says of itself.

    A declared generator decides, whatever the pixels. Nothing else does: that a file declares none says
    nothing, and a camera named in it turns no FAKE into REAL, since anybody can write that.
    """
    label, pixels_label = fuse_label(verdict.label, evidence)
    return replace(verdict, label=label, evidence=evidence, pixels_label=pixels_label)


def fuse_label(label: Label, evidence: tuple[Evidence, ...] | None) -> tuple[Label, Label | None]:
    """Return the answer, and `label`, the pixels' own, where the file's statement decides instead."""
    return (Label.FAKE, label) if evidence and declares_generated(evidence) else (label, None)


def warn_of_reduction(contract: Contract, times: float) -> str:
    """Return what to tell a user whose picture was scaled down `times` over, along its longer side."""
    size = contract.input.size
    return (
        f"{contract.name} sees an image scaled to {size} x {size} px; scaling down a photo {times:.0f} times "
        "erases most traces of generation, so do not lean on its verdict"
    )


def take_stance(contract: Contract, stance: Stance | None) -> Decision:
    """Return the decision of `contract`, its border of FAKE moved by `stance`; `UsageError` without curve.

    The border is that point of the measured curve with the most false alarms that the stance allows. It is
    never below P(fake) .5, nor below the border of REAL.
    """
    decision = contract.decision
    if stance is None:
        return decision
    point = _find_point(contract, stance)
    border = max(point.threshold, _EVEN)
    low = min(decision.unsure_low, border)
    return replace(decision, threshold=min(decision.threshold, border), unsure_low=low, unsure_high=border)


def describe_stance(contract: Contract, stance: Stance) -> str:
    """Return what `stance` costs on validation images, in one line."""
    point, usual = _find_point(contract, stance), _find_usual(contract)
    moved = f"{stance}: FAKE above P(fake) {max(point.threshold, _EVEN):.3f}"
    cost = f"so are {point.false_alarms:.1%} of the real validation images and {point.found:.0%} of the fakes"
    if usual is None:
        return f"{moved}; {cost}"
    return f"{moved}; {cost}, without it {usual.false_alarms:.1%} and {usual.found:.0%}"


def _find_point(contract: Contract, stance: Stance) -> OperatingPoint:
    points = contract.decision.operating_points
    if not points:
        raise UsageError(
            f"--{stance}: {contract.name} has no measured curve to move along; choose a model that has one "
            "(`fakelens info` shows it), or leave the option out"
        )
    allowed = [point for point in points if point.false_alarms <= _FALSE_ALARMS[stance]]
    return min(allowed, key=lambda point: point.threshold) if allowed else points[-1]


def _find_usual(contract: Contract) -> OperatingPoint | None:
    """Return the point of the curve at the contract's own border of FAKE, if it is one."""
    border = max(contract.decision.unsure_high, contract.decision.threshold)
    return next((p for p in contract.decision.operating_points if p.threshold == border), None)
