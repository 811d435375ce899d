"""Plain int8 or quantization-aware: both tried where both are there, and what each of them costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.convert.verify import GateResult, Scores, count_correct
from fakelens.edge_runtime.modelfile.contract import Contract, Decision

_PLAIN = "plain"
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An int8 graph and what it says of the validation images."""

    graph: bytes
    p_fake: Scores  # [images]
    aware: str | None = None  # how the network learned of its quantization; None: not at all
    p_network: Scores | None = None  # what that network itself says
    contract: Contract | None = None  # of its own, where it comes from a run of its own

    def lose(self, p_keras: Scores, labels: Labels, decision: Decision) -> float:
        """Return the points of accuracy lost against the float network, below 0 where it gains.

        That one is judged by `decision`, this one by its own where it has one.
        """
        own = decision if self.contract is None else self.contract.decision
        before, after = count_correct(p_keras, labels, decision), count_correct(self.p_fake, labels, own)
        return 100 * (before - after) / len(labels)

    @property
    def name(self) -> str:
        """Return what it is, in words."""
        return _PLAIN if self.aware is None else f"quantization-aware, {self.aware}"


def choose_attempt(
    attempts: Sequence[Attempt], p_keras: Scores, labels: Labels, decision: Decision, max_drop: float
) -> Attempt:
    """Return the first one that loses at most `max_drop` points; else the one that loses least."""
    losses = [each.lose(p_keras, labels, decision) for each in attempts]
    within = [each for each, loss in zip(attempts, losses, strict=True) if loss <= max_drop + 1e-9]
    return within[0] if within else attempts[int(np.argmin(losses))]


def describe_choice(
    attempts: Sequence[Attempt], chosen: Attempt, p_keras: Scores, labels: Labels, decision: Decision
) -> GateResult:
    """Say what was taken and what each attempt costs; informative."""
    costs = "; ".join(
        f"{each.name}: {each.lose(p_keras, labels, decision):+.2f} points lost" for each in attempts
    )
    return GateResult(name="int8", passed=True, figure=f"took {chosen.name} ({costs})")
