import io
from dataclasses import replace

import pytest
from PIL import Image

from fakelens.benchmarks.metrics import wilson_interval

pytest.importorskip("matplotlib", reason="plots need the train extra")

from fakelens.benchmarks.plots import SizedModel
from fakelens.benchmarks.studies.size_plot import plot_landscape

PUBLISHED = [
    SizedModel(name="small", size_kb=500, accuracy=0.93),
    SizedModel(name="large", size_kb=90_000, accuracy=0.98),
]
FILE = SizedModel(name="ours", size_kb=90, accuracy=0.97, interval=wilson_interval(970, 1000))


def test_the_landscape_is_a_png_and_the_same_twice() -> None:
    png = plot_landscape("Accuracy", [FILE], PUBLISHED)
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.width > 600
    assert png == plot_landscape("Accuracy", [FILE], PUBLISHED)


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, size_kb=150),
        replace(FILE, interval=None),
        replace(FILE, name="theirs"),
    ],
)
def test_every_part_of_a_point_is_drawn(other: SizedModel) -> None:
    assert plot_landscape("Accuracy", [FILE], PUBLISHED) != plot_landscape("Accuracy", [other], PUBLISHED)


def test_the_names_of_close_points_are_all_written() -> None:
    crowd = [replace(FILE, name=f"variant-{number}", accuracy=0.97 + number / 1e4) for number in range(9)]
    assert plot_landscape("Accuracy", crowd, []) != plot_landscape(
        "Accuracy", [*crowd[:8], replace(crowd[8], name="")], []
    )
