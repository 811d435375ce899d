"""Accuracy against size: model files among published float models, as PNG bytes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakelens.benchmarks.plots import GREY, REAL, SizedModel, open_figure, place_names, to_png, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
