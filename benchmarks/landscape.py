"""Accuracy against size: model files among published float models, as PNG bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.plots import GREY, REAL, open_figure, to_png, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

# Where a point's name may stand, the best place first: offset in points, alignments.
_PLACES = (
    ((0, 7), "center", "bottom"),
    ((8, 0), "left", "center"),
    ((0, -7), "center", "top"),
    ((-8, 0), "right", "center"),
    ((0, 16), "center", "bottom"),
    ((0, -16), "center", "top"),
)
_POINT_PX = 4.0  # half the side of the box round a point


@dataclass(frozen=True, kw_only=True)
class SizedModel:
    """A point of the plot."""

    name: str
    size_kb: float  # 1000 bytes
    accuracy: float  # share
    interval: Interval | None = None  # None where none is known


def plot_landscape(title: str, files: Sequence[SizedModel], published: Sequence[SizedModel]) -> bytes:
    """Return the accuracy of `files`, with intervals, and of `published` models, against size (log)."""
    with use_style():
        figure, axes = open_figure(title, (7.8, 5.4))
        _draw_points(axes, published, GREY, "published float models; size: parameters x 4 bytes")
        _draw_points(axes, files, REAL, "fakelens: the int8 .tflite file itself; 95% interval")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set(xlabel="size in KB", ylabel="accuracy in percent")
        axes.margins(x=0.12, y=0.12)
        figure.legend(loc="outside lower center")
        figure.draw_without_rendering()  # settles the layout, and so where the points are
        place_names(axes, files, published)
        return to_png(figure)


def _draw_points(axes: "Axes", models: Sequence[SizedModel], colour: str, label: str) -> None:
    sizes = [model.size_kb for model in models]
    axes.plot(sizes, [100 * model.accuracy for model in models], "o", color=colour, label=label)
    for model in models:
        if model.interval is not None:
            axes.vlines(model.size_kb, 100 * model.interval.low, 100 * model.interval.high, color=colour)


def place_names(axes: "Axes", files: Sequence[SizedModel], published: Sequence[SizedModel]) -> None:
    """Write each model's name where it hides no point and no other name, if there is such a place."""
    models = (*files, *published)
    taken = [_surround(axes, model) for model in models]
    for model in models:
        names = [_write_name(axes, model, place, ours=model in files) for place in range(len(_PLACES))]
        boxes = [name.get_window_extent() for name in names]
        free = [_holds(axes, box) and not any(box.overlaps(other) for other in taken) for box in boxes]
        best = free.index(True) if any(free) else 0
        taken.append(boxes[best])
        for name in (*names[:best], *names[best + 1 :]):
            name.remove()


def _write_name(axes: "Axes", model: SizedModel, place: int, *, ours: bool) -> "Annotation":
    offset, horizontal, vertical = _PLACES[place]
    name = axes.annotate(
        model.name, (model.size_kb, 100 * model.accuracy), offset, textcoords="offset points"
    )
    name.set(ha=horizontal, va=vertical, color=REAL if ours else "black", weight="bold" if ours else "normal")
    return name


def _surround(axes: "Axes", model: SizedModel) -> "Bbox":
    """Return the box of a point and its interval on the page, in pixels."""
    from matplotlib.transforms import Bbox

    interval = model.interval or Interval(value=model.accuracy, low=model.accuracy, high=model.accuracy)
    ends = [(model.size_kb, 100 * share) for share in (interval.low, interval.high)]
    return Bbox(axes.transData.transform(ends)).padded(_POINT_PX)


def _holds(axes: "Axes", box: "Bbox") -> bool:
    """Whether `box` lies inside the axes."""
    return bool(axes.bbox.contains(box.x0, box.y0) and axes.bbox.contains(box.x1, box.y1))
