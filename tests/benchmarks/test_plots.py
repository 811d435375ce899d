import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.metrics import evaluate
from fakelens.edge_runtime.modelfile.contract import Decision

pytest.importorskip("matplotlib", reason="plots need the train extra")

from fakelens.benchmarks import plots


def test_every_figure_is_a_png_and_the_same_twice() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 200)
    p_fake = np.clip(0.3 * labels + 0.7 * generator.random(200), 0, 1)
    metrics = evaluate(labels, p_fake, 0.5)
    decision = Decision(unsure_low=0.4, unsure_high=0.6)
    for draw in (
        lambda: plots.plot_roc(labels, p_fake, metrics),
        lambda: plots.plot_reliability(labels, p_fake, metrics),
        lambda: plots.plot_confusion(metrics),
        lambda: plots.plot_scores(labels, p_fake, decision),
        lambda: plots.plot_curves("Loss", {"train": [0.7, 0.5], "validation": [0.6]}, "loss"),
    ):
        png = draw()
        assert Image.open(io.BytesIO(png)).format == "PNG"
        assert png == draw()


def test_a_picture_is_that_of_matplotlib_with_all_its_parts_inside() -> None:
    pictures = []
    for draw in (plots.to_png, _save):
        with plots.use_style():
            figure, axes = plots.open_figure("a title")
            axes.plot([1, 3, 2], label="a line")
            axes.set(xlabel="below", ylabel="beside")
            figure.legend(loc="outside lower center")
            pictures.append(draw(figure))
    assert pictures[0] == pictures[1]


def _save(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
