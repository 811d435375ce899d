"""Accuracy against latency and size: models compared, and the front of those worth having."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.plots import GREY, REAL, SizedModel, place_names, use_style
from fakelens.edge_runtime.extras import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE_INCHES = (11.0, 5.0)
_LEAST_PT2, _MOST_PT2 = 30.0, 400.0  # areas of the smallest and the largest model's dot
_LOG_FROM = 3.0  # times the least cost; below, a logarithmic axis would have hardly a tick
_LATENCY = "latency of an inference in ms (p50)"
_DOWNLOAD = "download in KB (gzip)"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model of the plot."""

    name: str
    size_kb: float  # of its download, gzipped; 1000 bytes
    latency_ms: float | None = None  # None where it was not timed
    accuracy: Interval | None = None  # None where it was not measured


@dataclass(frozen=True, kw_only=True)
class _Point:
    """A candidate in one panel."""

    name: str
    size_kb: float
    cost: float
    gain: Interval


def plot_pareto(candidates: Sequence[Candidate]) -> str:
    """Return an SVG element: accuracy against latency and size, or latency against size without it.

    A dot's area grows with the model's size. `MissingExtraError` without matplotlib.
    """
    require_extra("bench", "matplotlib")
    with use_style():
        import matplotlib as mpl
        from matplotlib.figure import Figure

        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        panels = _list_panels(candidates)
        axes = list(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0])
        for place, (label, points) in zip(axes, panels, strict=True):
            _draw_points(place, points)
            place.set(xlabel=label)
        scored = any(each.accuracy is not None for each in candidates)
        axes[0].set(ylabel="accuracy in percent, 95% interval" if scored else _LATENCY)
        figure.draw_without_rendering()  # settles the layout, and so where the points are
        for place, (_, points) in zip(axes, panels, strict=True):
            place_names(place, [_to_sized(point) for point in points], [])
        # Text as text, and the same bytes for the same figures.
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "fakelens"}):
            return _to_svg(figure)


def find_front(costs: Sequence[float], gains: Sequence[float]) -> list[int]:
    """Return which points no other one beats: none costs no more and gains more. By rising cost."""
    front: list[int] = []
    for number in sorted(range(len(costs)), key=lambda number: (costs[number], -gains[number])):
        if not front or gains[number] > gains[front[-1]]:
            front.append(number)
    return front


def _list_panels(candidates: Sequence[Candidate]) -> list[tuple[str, list[_Point]]]:
    """Return for each cost that is known its name and the points."""
    by_latency = [
        _Point(name=each.name, size_kb=each.size_kb, cost=each.latency_ms, gain=each.accuracy)
        for each in candidates
        if each.accuracy is not None and each.latency_ms is not None
    ]
    by_size = [
        _Point(name=each.name, size_kb=each.size_kb, cost=each.size_kb, gain=each.accuracy)
        for each in candidates
        if each.accuracy is not None
    ]
    without = [
        _Point(name=each.name, size_kb=each.size_kb, cost=each.size_kb, gain=_to_point(each.latency_ms))
        for each in candidates
        if each.latency_ms is not None
    ]
    if not by_size:
        return [(_DOWNLOAD, without)]
    return [*([(_LATENCY, by_latency)] if by_latency else []), (_DOWNLOAD, by_size)]


def _draw_points(axes: "Axes", points: Sequence[_Point]) -> None:
    """Draw dots, intervals, and the front where there are intervals."""
    from matplotlib.ticker import LogLocator

    costs, gains = [point.cost for point in points], [point.gain.value for point in points]
    if any(point.gain.low < point.gain.high for point in points):
        front = find_front(costs, gains)
        line = [costs[each] for each in front], [100 * gains[each] for each in front]
        axes.plot(*line, "--", color=GREY, linewidth=1)
    largest = max(point.size_kb for point in points)
    areas = [max(_LEAST_PT2, _MOST_PT2 * point.size_kb / largest) for point in points]
    axes.scatter(costs, [100 * gain for gain in gains], areas, color=REAL, alpha=0.5)
    for point in points:
        axes.vlines(point.cost, 100 * point.gain.low, 100 * point.gain.high, color=REAL, alpha=0.5)
    if max(costs) > _LOG_FROM * min(costs):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axes.xaxis.set_minor_formatter("")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.2, y=0.12)


def _to_point(latency_ms: float) -> Interval:
    """Return a latency as the height of a point, which is drawn a hundredfold as shares are."""
    return Interval(value=latency_ms / 100, low=latency_ms / 100, high=latency_ms / 100)


def _to_sized(point: _Point) -> SizedModel:
    """Return what `place_names` needs; names may stand on intervals, or there would be no room for them."""
    return SizedModel(name=point.name, size_kb=point.cost, accuracy=point.gain.value)


def _to_svg(figure: "Figure") -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = buffer.getvalue()
    return text[text.index("<svg") :]
