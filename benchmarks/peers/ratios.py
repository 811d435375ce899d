"""Ratios of fakelens over each peer in the same run, and the bounds beyond which it has become worse."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fakelens.benchmarks.peers.catalogue import TENSORFLOW, Role
from fakelens.benchmarks.peers.measure import PeerResult

_SCRIPT_TIMES, _OTHER_TIMES = 5.0, 1.0  # images/s of a folder, at least
_TENSORFLOW_START, _BY_HAND_START = 0.1, 1.5  # of the peer's cold start, at most
_TENSORFLOW_SIZE = 1 / 8  # of its environment, at most
_THROUGHPUT = "images/s of a folder"  # more is better; of the others less is


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One figure of fakelens over that of a peer."""

    model: str
    figure: str
    peer: str
    value: float
    bound: float
    at_least: bool
    low: float  # of all rounds, or of all starts; the value itself for what has none
    high: float

    @property
    def is_within(self) -> bool:
        """Whether the ratio is on the right side of its bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def list_ratios(results: Sequence[PeerResult]) -> list[Ratio]:
    """Return every ratio that follows from the `results` of one model."""
    mine = next((result for result in results if result.peer.role is Role.MINE and not result.reason), None)
    if mine is None:
        return []
    others = [result for result in results if result is not mine and not result.reason]
    return [ratio for other in others for ratio in _compare(mine, other)]


def _compare(mine: PeerResult, other: PeerResult) -> Iterator[Ratio]:
    def make_ratio(
        figure: str, value: float, bound: float, pairs: Iterable[tuple[float, float]] = ()
    ) -> Ratio:
        of_rounds = [ours / theirs for ours, theirs in pairs] or [value]
        return Ratio(
            model=mine.model,
            figure=figure,
            peer=other.peer.name,
            value=value,
            bound=bound,
            at_least=figure == _THROUGHPUT,
            low=min(of_rounds),
            high=max(of_rounds),
        )

    cold = mine.cold_start_s / other.cold_start_s
    starts = list(zip(mine.starts_s, other.starts_s, strict=True))
    times = _SCRIPT_TIMES if other.peer.role is Role.KERAS_SCRIPT else _OTHER_TIMES
    rounds = zip(mine.rounds_per_s, other.rounds_per_s, strict=True)
    yield make_ratio(_THROUGHPUT, mine.folder_per_s / other.folder_per_s, times, rounds)
    if other.peer.role is Role.BY_HAND:
        yield make_ratio("cold start", cold, _BY_HAND_START, starts)
    if other.peer.requirements == TENSORFLOW:
        yield make_ratio("cold start", cold, _TENSORFLOW_START, starts)
        yield make_ratio("installed size", mine.size_bytes / other.size_bytes, _TENSORFLOW_SIZE)
