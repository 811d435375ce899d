"""Figures of the reports as PNG bytes, in one style: real is blue, fake is orange.

Drawn on matplotlib's `Figure` itself, never through pyplot: no global state, no window, no display.
"""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fakelens.benchmarks.metrics import ECE_BINS, Array, Confusion, Interval, Metrics, roc_curve
from fakelens.edge_runtime.answers import palette
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.modelfile.contract import Decision

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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

REAL, FAKE, GREY = (palette.to_hex(colour) for colour in (palette.REAL, palette.FAKE, palette.UNSURE))
_SERIES = (REAL, FAKE, "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}
_BINS = 40  # of the score histogram


def plot_roc(labels: Array, p_fake: Array, metrics: Metrics) -> bytes:
    """Return the ROC curve (fake is the positive class) with its area and the equal error point."""
    with use_style():
        figure, axes = open_figure(f"ROC: AUC {_format_interval(metrics.auc)}")
        fpr, tpr = roc_curve(labels, p_fake)
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="chance")
        axes.plot(fpr, tpr, color=FAKE, label="model")
        eer = metrics.eer.value
        axes.plot([eer], [1 - eer], "o", color="black", markersize=5, label=f"equal error rate {eer:.2%}")
        axes.set(xlabel="reals called fake", ylabel="fakes found", xlim=(0, 1), ylim=(0, 1.01))
        axes.legend(loc="lower right")
        return to_png(figure)


def plot_reliability(labels: Array, p_fake: Array, metrics: Metrics) -> bytes:
    """Return the share of fakes against P(fake) in the bins of the calibration error; dots sized by n."""
    with use_style():
        figure, axes = open_figure(f"Reliability: ECE {_format_interval(metrics.ece)}")
        fake, scores = np.asarray(labels, float), np.asarray(p_fake, float)
        index = np.minimum((scores * ECE_BINS).astype(int), ECE_BINS - 1)
        counts = np.bincount(index, minlength=ECE_BINS)
        filled = counts > 0
        predicted = np.bincount(index, scores, ECE_BINS)[filled] / counts[filled]
        observed = np.bincount(index, fake, ECE_BINS)[filled] / counts[filled]
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="perfectly calibrated")
        axes.plot(predicted, observed, color=REAL, linewidth=1)
        axes.scatter(predicted, observed, 15 + 185 * counts[filled] / counts.max(), color=REAL, alpha=0.7)
        axes.set(
            xlabel="P(fake), mean of the bin", ylabel="share of fakes", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03)
        )
        axes.legend(loc="upper left")
        return to_png(figure)


def plot_confusion(metrics: Metrics) -> bytes:
    """Return the confusion matrix: counts, and shares of each true class."""
    with use_style():
        figure, axes = open_figure(
            f"Accuracy {_format_interval(metrics.accuracy, percent=True)}, n = {metrics.n:,}"
        )
        counts = _to_matrix(metrics.confusion)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            text = f"{count:,}\n{shares[row, column]:.2%}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=12)
        axes.set_xticks([0, 1], ["called real", "called fake"])
        axes.set_yticks([0, 1], ["real", "fake"])
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return to_png(figure)


def plot_scores(labels: Array, p_fake: Array, decision: Decision) -> bytes:
    """Return the histogram of P(fake) per class, with the threshold and the UNSURE band."""
    with use_style():
        figure, axes = open_figure("Scores of both classes")
        scores, edges = np.asarray(p_fake, float), np.linspace(0, 1, _BINS + 1).tolist()
        for label, name, colour in ((0, "real", REAL), (1, "fake", FAKE)):
            of_class = scores[np.asarray(labels) == label]
            axes.hist(of_class, edges, color=colour, alpha=0.3)
            axes.hist(
                of_class,
                edges,
                color=colour,
                histtype="step",
                linewidth=1.8,
                label=f"{name} ({len(of_class):,})",
            )
        if decision.unsure_low <= decision.unsure_high:
            axes.axvspan(decision.unsure_low, decision.unsure_high, color=GREY, alpha=0.2, label="UNSURE")
        axes.axvline(
            decision.threshold, color="black", linestyle="--", label=f"threshold {decision.threshold:.3f}"
        )
        axes.set_yscale("symlog", linthresh=1)  # the few images on the wrong side are the point
        axes.set(xlabel="P(fake)", ylabel="images", xlim=(0, 1))
        figure.legend(loc="outside lower center", ncols=2)
        return to_png(figure)


def plot_curves(title: str, series: Mapping[str, Sequence[float]], ylabel: str) -> bytes:
    """Return one line a series over epochs 1, 2, ...; series may differ in length."""
    with use_style():
        from matplotlib.ticker import MaxNLocator

        figure, axes = open_figure(title)
        for order, (name, values) in enumerate(series.items()):
            epochs = np.arange(1, len(values) + 1)
            marker = "o" if len(values) < 2 else None  # a single epoch has no line
            axes.plot(epochs, values, color=_SERIES[order % len(_SERIES)], marker=marker, label=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="epoch", ylabel=ylabel)
        axes.legend()
        return to_png(figure)


def use_style() -> AbstractContextManager[None]:
    """Return a context in which figures have the style of the reports; `MissingExtraError`."""
    require_extra("train", "matplotlib")
    import matplotlib as mpl

    return mpl.rc_context(_STYLE)


def open_figure(title: str, size: tuple[float, float] = (5.2, 4.2)) -> "tuple[Figure, Axes]":
    """Return an empty figure of `size` inches and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def to_png(figure: "Figure") -> bytes:
    """Return `figure` as PNG; equal figures give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)  # its print_png has no types
    buffer, engine = io.BytesIO(), figure.get_layout_engine()
    if engine is not None:  # laid out once; `savefig` would draw everything for that alone
        engine.execute(figure)
        figure.set_layout_engine("none")
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _to_matrix(confusion: Confusion) -> Array:
    return np.array(
        [[confusion.real_as_real, confusion.real_as_fake], [confusion.fake_as_real, confusion.fake_as_fake]]
    )


def _format_interval(interval: Interval, *, percent: bool = False) -> str:
    value, low, high = (
        f"{number * 100:.2f}" if percent else f"{number:.4f}"
        for number in (interval.value, interval.low, interval.high)
    )
    return f"{value}{'%' if percent else ''} [{low}, {high}]"


@dataclass(frozen=True, kw_only=True)
class SizedModel:
    """A point of the plot."""

    name: str
    size_kb: float  # 1000 bytes
    accuracy: float  # share
    interval: Interval | None = None  # None where none is known


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
