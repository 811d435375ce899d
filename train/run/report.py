"""Report of a training run: one self-contained page and the plots beside it."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.benchmarks import plots
from fakelens.benchmarks.html import render_template
from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import Confusion, Interval, Metrics
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.contract import LABELS, Contract
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.preprocess import ImageU8
from fakelens.train.config import TrainConfig, config_to_dict
from fakelens.train.data.dataset import Dataset
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.compress import LayerSparsity
from fakelens.train.run.outcome import Outcome

_WORST = 24  # images shown
_CAPTIONS = {
    "loss": "Lower is better. Where validation rises while training falls, the network learns by heart.",
    "accuracy": "Validation images right after each epoch.",
    "roc": "Fakes found against reals called fake, over all thresholds. Near the upper left is good.",
    "reliability": "The share of fakes at each P(fake). On the dotted line it means what it says.",
    "scores": "Every validation image by its P(fake). Little overlap is good; counts are logarithmic.",
}


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """Everything the page shows."""

    config: TrainConfig
    contract: Contract
    dataset: Dataset
    history: dict[str, list[Epoch]]  # by stage
    sparsity: tuple[LayerSparsity, ...]
    p_fake: npt.NDArray[np.float64]  # of the validation images
    validation: Metrics
    test: Metrics | None
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Miss:
    """An image that the model got wrong."""

    picture: str  # data URL
    name: str
    truth: str
    p_fake: float


def write_report(run: Path, data: ReportData) -> None:
    """Write RUN/plots/*.png and RUN/report.html, which needs no other file."""
    figures = _draw(data)
    (run / "plots").mkdir(exist_ok=True)
    for name, png in figures.items():
        write_atomic(run / "plots" / f"{name}.png", png)
    html = render_template(
        "fakelens.train.run",
        "report.html",
        data=data,
        shown=data.test or data.validation,
        confusion=_list_confusion((data.test or data.validation).confusion),
        figures_rows=_list_figures(data),
        figures=[
            (name, to_data_url(png), _CAPTIONS[name.partition("-")[0]])
            for name, png in figures.items()
            if name != "confusion"  # a table says the same, first
        ],
        misses=find_misses(data),
        sparsity=[(each.layer, each.weights, each.zeros, f"{each.share:.1%}") for each in data.sparsity],
        splits=[(split, data.dataset.count(split, 0), data.dataset.count(split, 1)) for split in Split],
        settings=_flatten(config_to_dict(data.config)),
    )
    write_atomic(run / run_layout.REPORT, html)


def find_misses(data: ReportData) -> list[Miss]:
    """Return the validation images with the wrong answer, the most confident mistakes first."""
    judged = data.dataset.judge(Split.VAL)
    rows = data.dataset.rows[Split.VAL][[rows[0] for rows in judged.groups]]  # its first tile stands for it
    labels = judged.labels
    answered = (data.p_fake >= data.contract.decision.threshold).astype(labels.dtype)
    wrong = np.flatnonzero(answered != labels)
    order = wrong[np.argsort(-np.abs(data.p_fake[wrong] - labels[wrong]), kind="stable")]
    return [
        Miss(
            picture=to_data_url(to_png(data.dataset.images[rows[place]])),
            name=data.dataset.paths[rows[place]].name,
            truth=LABELS[labels[place]],
            p_fake=float(data.p_fake[place]),
        )
        for place in order[:_WORST]
    ]


def to_png(image_u8: ImageU8) -> bytes:
    """Return `image_u8` [height, width, 3] as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "PNG")
    return buffer.getvalue()


def to_data_url(png: bytes) -> str:
    """Return a PNG as a URL that carries it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _draw(data: ReportData) -> dict[str, bytes]:
    labels = data.dataset.judge(Split.VAL).labels
    figures = {}
    for stage, epochs in data.history.items():
        losses = {"training": [e.loss for e in epochs], "validation": [e.val_loss for e in epochs]}
        accuracy = {"validation": [100 * e.val_accuracy for e in epochs]}
        figures[f"loss-{stage}"] = plots.plot_curves(f"Loss, {stage} stage", losses, "log loss")
        figures[f"accuracy-{stage}"] = plots.plot_curves(f"Accuracy, {stage} stage", accuracy, "percent")
    figures["confusion"] = plots.plot_confusion(data.validation)
    figures["roc"] = plots.plot_roc(labels, data.p_fake, data.validation)
    figures["reliability"] = plots.plot_reliability(labels, data.p_fake, data.validation)
    figures["scores"] = plots.plot_scores(labels, data.p_fake, data.contract.decision)
    return figures


def _flatten(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _list_confusion(confusion: Confusion) -> list[tuple[str, str, str, str]]:
    """Return a row for each class: how many of its images are called what, and the share that is right."""
    rows = (
        ("real", confusion.real_as_real, confusion.real_as_fake, confusion.real_as_real),
        ("fake", confusion.fake_as_real, confusion.fake_as_fake, confusion.fake_as_fake),
    )
    return [
        (name, f"{as_real:,}", f"{as_fake:,}", f"{right / max(1, as_real + as_fake):.2%}")
        for name, as_real, as_fake, right in rows
    ]


def _list_figures(data: ReportData) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{metrics.n:,}",
            _show_interval(metrics.accuracy, 100, 2),
            *(_show_interval(each) for each in (metrics.auc, metrics.ap, metrics.eer, metrics.ece)),
        )
        for name, metrics in (("validation", data.validation), ("test", data.test))
        if metrics is not None
    ]


def _show_interval(interval: Interval, scale: float = 1.0, digits: int = 4) -> str:
    value, low, high = (
        f"{number * scale:.{digits}f}" for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"
