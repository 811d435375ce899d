"""Report of a training run: one self-contained page and the plots beside it."""

import base64
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
from fakelens.edge_runtime.answers.pages.parts import to_data_url as encode_picture
from fakelens.edge_runtime.answers.pages.picture import shrink
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import Dataset
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.compress import LayerSparsity
from fakelens.train.run.before_after import BeforeAfter
from fakelens.train.run.outcome import Outcome
from fakelens.train.settings import config_to_dict

_WORST = 24  # images shown
_THUMBNAIL = 160  # px, of the longer side
_CAPTIONS = {
    "loss": "Lower is better. Where validation rises while training falls, the network learns by heart.",
    "accuracy": "Validation images right after each epoch.",
    "roc": "Fakes found against reals called fake, over all thresholds. Near the upper left is good.",
    "reliability": "The share of fakes at each P(fake). On the dotted line it means what it says.",
    "scores": "Every image by its P(fake). Little overlap is good; counts are logarithmic.",
}


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """Everything the page shows."""

    run: str  # the name of its directory
    config: TrainConfig
    contract: Contract
    dataset: Dataset
    history: dict[str, list[Epoch]]  # by stage
    sparsity: tuple[LayerSparsity, ...]
    p_fake: npt.NDArray[np.float64]  # of the validation images
    validation: Metrics
    test: Metrics | None
    outcome: Outcome
    p_test: npt.NDArray[np.float64] | None = None  # of the test images, where they are scored
    before_after: tuple[BeforeAfter, ...] = ()

    @property
    def parts(self) -> tuple[tuple[Split, npt.NDArray[np.float64], Metrics], ...]:
        """The parts that are shown, apart from each other: test first, where it is scored."""
        parts = [(Split.VAL, self.p_fake, self.validation)]
        if self.p_test is not None and self.test is not None:
            parts.insert(0, (Split.TEST, self.p_test, self.test))
        return tuple(parts)


@dataclass(frozen=True, kw_only=True)
class Miss:
    """An image that the model got wrong."""

    picture: str  # data URL of its thumbnail
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
        confusion=_list_confusion(data.parts[0][2].confusion),
        figures=[
            (name, to_data_url(png), _CAPTIONS[name.partition("-")[0]])
            for name, png in figures.items()
            if name != "confusion"  # a table says the same, first
        ],
        sparsity=[(each.layer, each.weights, each.zeros, f"{each.share:.1%}") for each in data.sparsity],
        misses={split: find_misses(data, split, p_fake) for split, p_fake, _ in data.parts},
        splits=[(split, data.dataset.count(split, 0), data.dataset.count(split, 1)) for split in Split],
        labels=LABELS,
        settings=_flatten(config_to_dict(data.config)),
        interval=_show_interval,
    )
    write_atomic(run / run_layout.REPORT, html.encode(errors="xmlcharrefreplace"))  # names need not be text


def find_misses(data: ReportData, split: Split, p_fake: npt.NDArray[np.float64]) -> list[Miss]:
    """Return the images of `split` with the wrong answer, the most confident mistakes first, a file once."""
    judged = data.dataset.judge(split)
    rows = data.dataset.rows[split][[rows[0] for rows in judged.groups]]
    labels = judged.labels
    answered = (p_fake >= data.contract.decision.threshold).astype(labels.dtype)
    wrong = np.flatnonzero(answered != labels)
    order = wrong[np.argsort(-np.abs(p_fake[wrong] - labels[wrong]), kind="stable")]
    worst = {data.dataset.paths[rows[place]]: place for place in order[::-1]}  # of each file the worst
    chosen = sorted(worst.items(), key=lambda item: -abs(p_fake[item[1]] - labels[item[1]]))[:_WORST]
    return [
        Miss(
            picture=_draw_thumbnail(path, data.dataset.images[rows[place]]),
            name=path.name,
            truth=LABELS[labels[place]],
            p_fake=float(p_fake[place]),
        )
        for path, place in chosen
    ]


def _draw_thumbnail(path: Path, seen: ImageU8) -> str:
    """Return the thumbnail of a picture, or of what the network saw where the file is gone by now."""
    try:
        picture = load_image(path)
    except (ImageError, OSError):
        picture = Image.fromarray(seen)
    return encode_picture(shrink(picture, _THUMBNAIL))


def to_data_url(png: bytes) -> str:
    """Return a PNG as a URL that carries it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _draw(data: ReportData) -> dict[str, bytes]:
    split, p_fake, metrics = data.parts[0]
    labels = data.dataset.judge(split).labels
    figures = {}
    for stage, epochs in data.history.items():
        if not epochs:
            continue
        losses = {"training": [e.loss for e in epochs], "validation": [e.val_loss for e in epochs]}
        accuracy = {"validation": [100 * e.val_accuracy for e in epochs]}
        figures[f"loss-{stage}"] = plots.plot_curves(f"Loss, {stage} stage", losses, "log loss")
        figures[f"accuracy-{stage}"] = plots.plot_curves(f"Accuracy, {stage} stage", accuracy, "percent")
    figures["confusion"] = plots.plot_confusion(metrics)
    figures["roc"] = plots.plot_roc(labels, p_fake, metrics)
    figures["reliability"] = plots.plot_reliability(labels, p_fake, metrics)
    figures["scores"] = plots.plot_scores(labels, p_fake, data.contract.decision)
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


def _show_interval(interval: Interval, scale: float = 1.0, digits: int = 4) -> str:
    value, low, high = (
        f"{number * scale:.{digits}f}" for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"
