"""The ratios to reach, fakelens against each peer in the same run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fakelens.benchmarks.peers.catalogue import TENSORFLOW, Role
from fakelens.benchmarks.peers.measure import PeerResult

_STUDENT_TIMES, _OTHER_TIMES = 5.0, 1.2  # images/s of a folder, at least
_TENSORFLOW_START, _FLOOR_START = 0.1, 1.5  # of the peer's cold start, at most
_TENSORFLOW_SIZE = 1 / 8  # of its environment, at most


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One ratio: fakelens over a peer."""

    model: str
    figure: str
    peer: str
    ratio: float
    bound: float
    at_least: bool

    @property
    def is_reached(self) -> bool:
        """Whether the ratio is on the right side of its bound."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def judge_goals(results: Sequence[PeerResult]) -> list[Goal]:
    """Return every ratio that can be told from the `results` of one model."""
    mine = next((result for result in results if result.peer.role is Role.MINE and not result.reason), None)
    if mine is None:
        return []
    others = [result for result in results if result is not mine and not result.reason]
    return [goal for other in others for goal in _compare(mine, other)]


def _compare(mine: PeerResult, other: PeerResult) -> Iterator[Goal]:
    def tell(figure: str, ratio: float, bound: float, *, at_least: bool = False) -> Goal:
        return Goal(
            model=mine.model, figure=figure, peer=other.peer.name, ratio=ratio, bound=bound, at_least=at_least
        )

    cold = mine.cold_start_s / other.cold_start_s
    if other.peer.role is Role.FLOOR:
        yield tell("cold start", cold, _FLOOR_START)
        return
    times = _STUDENT_TIMES if other.peer.role is Role.STUDENT else _OTHER_TIMES
    yield tell("images/s of a folder", mine.folder_per_s / other.folder_per_s, times, at_least=True)
    if other.peer.requirements == TENSORFLOW:
        yield tell("cold start", cold, _TENSORFLOW_START)
        yield tell("installed size", mine.size_bytes / other.size_bytes, _TENSORFLOW_SIZE)
