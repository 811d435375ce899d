"""Answers of a second model decide for the first: P(fake) by a line, borders by equal shares."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fakelens.convert.bridge import HeldOut, carry_over
from fakelens.convert.recipes import Io
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import (
    Contract,
    DataSource,
    Decision,
    Fit,
    Fusion,
    InputSpec,
    Training,
)
from tests.conftest import WHOLE_SIZE, Fakelens, make_redness_graph

ALIKE = Fusion(weights=(1.0,))


def to_p(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def make_contract(fusion: Fusion, low: float, high: float) -> Contract:
    """A contract whose borders lie at these logits."""
    decision = Decision(threshold=0.5, unsure_low=to_p(low), unsure_high=to_p(high))
    return Contract(name="first", input=InputSpec(size=WHOLE_SIZE, fusion=fusion), decision=decision)


def draw(count: int = 2000) -> HeldOut:
    """Photos about -2 and fakes about 2, of which both models say the same."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.array([0, 1], np.uint8), count)
    logits = generator.normal(np.where(labels, 2.0, -2.0), 1.5)
    return HeldOut(ours=logits, theirs=logits, labels=labels)


def fuse(contract: Contract, logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """P(fake) of a single view's `logits`."""
    fusion = contract.input.fusion
    assert fusion is not None
    return np.asarray(1 / (1 + np.exp(-fusion.weights[0] * logits - fusion.bias)))


@pytest.mark.parametrize("high", [1.0, -1.0])  # the latter: nothing is UNSURE
def test_a_model_of_another_scale_answers_and_decides_alike(high: float) -> None:
    fusion, held_out = Fusion(weights=(0.7,), bias=-0.2), draw()
    first = HeldOut(ours=(held_out.theirs - 0.6) / 1.5, theirs=held_out.theirs, labels=held_out.labels)
    contract = make_contract(fusion, -1.0, high)
    carried = carry_over(contract, first)
    assert carried.decision == contract.decision
    np.testing.assert_allclose(fuse(carried, first.ours), fuse(contract, first.theirs))


def test_borders_lie_where_as_many_are_beyond_them() -> None:
    """Ours spreads the photos that it takes for fakes farther than the line through all of them says."""
    held_out = draw()
    theirs, fake = held_out.theirs, held_out.labels == 1
    ours = np.where(~fake & (theirs > -1), theirs + 0.8 * (theirs + 1), theirs)
    contract = make_contract(ALIKE, -0.5, 0.6)
    carried = carry_over(contract, HeldOut(ours=ours, theirs=theirs, labels=held_out.labels))
    p_fake, by_theirs = fuse(carried, ours), (theirs[~fake] > 0.6).mean()
    assert (p_fake[~fake] > to_p(0.6)).mean() == pytest.approx(by_theirs, abs=0.002)
    assert (p_fake[fake] < to_p(-0.5)).mean() == pytest.approx((theirs[fake] < -0.5).mean(), abs=0.002)
    slope, shift = np.polyfit(ours, theirs, 1)
    assert (slope * ours[~fake] + shift > 0.6).mean() > 1.3 * by_theirs  # a line by least squares


def test_models_that_contradict_each_other_are_refused() -> None:
    held_out = draw()
    against = HeldOut(ours=-held_out.theirs, theirs=held_out.theirs, labels=held_out.labels)
    with pytest.raises(UsageError, match="what one model takes for fake is real to the other"):
        carry_over(make_contract(ALIKE, -1.0, 1.0), against)


def train_on(name: str) -> Training:
    """What a run and the model file made of it say of their training."""
    return Training(data=(DataSource(name=name, digest=name, images=100),), temperature=1.25)


def write_run(
    run: Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], fit: Fit = Fit.RESIZE
) -> Path:
    """What `convert` reads of a finished run, with these validation pictures."""
    run.mkdir()
    spec = InputSpec(size=WHOLE_SIZE, fit=fit, tiles=4 if fit is Fit.TILES else 1)
    contract = Contract(name="redness", input=spec, training=train_on(run.name))
    record = {"format": 1, "contract": asdict(contract), "quantization_aware": False}
    (run / "run.json").write_text(json.dumps(record))
    (run / "model.h5").touch()
    np.savez(run / "validation.npz", images=images, labels=labels)
    return run


def write_model(path: Path, steepness: float, fit: Fit = Fit.RESIZE, *, aware: bool = False) -> Path:
    """A model file of the run of the same name."""
    training = train_on(path.stem)
    if aware:
        training = replace(training, quantization_aware=True, temperature=1.5, bias=0.1)
    spec = InputSpec(size=WHOLE_SIZE, fit=fit, tiles=4 if fit is Fit.TILES else 1)
    contract = Contract(name="redness", input=spec, training=training)
    graph = attach_metadata(make_redness_graph(WHOLE_SIZE, steepness), contract, Io.UINT8)
    path.write_bytes(pack_model(graph, contract))
    return path


def draw_pictures(count: int, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Fakes are redder; `count` of each class."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.array([0, 1], np.uint8), count)
    tint = generator.normal(np.where(labels, 20, -20), 12)[:, None, None, None] * np.array([1, 0, -1]) / 2
    noise = generator.normal(118, 10, (2 * count, WHOLE_SIZE, WHOLE_SIZE, 3))
    return np.clip(noise + tint, 0, 255).astype(np.uint8), labels


def test_what_both_runs_held_out_decides_for_the_model_that_ships(fakelens: Fakelens, tmp_path: Path) -> None:
    images, labels = draw_pictures(200, seed=0)
    more, their_labels = draw_pictures(30, seed=1)
    runs = (
        write_run(tmp_path / "first", np.concatenate([more, images]), np.concatenate([their_labels, labels])),
        write_run(tmp_path / "second", images[::-1], labels[::-1]),
    )
    first, second = (
        write_model(tmp_path / "first.tflite", 1 / 20),
        write_model(tmp_path / "second.tflite", 1 / 10),
    )
    answers, detector = ["whole,label"], Detector(second)
    for image, label in zip(*draw_pictures(300, seed=2), strict=True):
        p_fake = np.clip(detector.check(image).p_fake, 1 / 512, 511 / 512)
        answers.append(f"{np.log(p_fake / (1 - p_fake)):.4f},{label}")
    (tmp_path / "scores.csv").write_text("\n".join(answers))
    by_scores = ("--scores", tmp_path / "scores.csv", "-o")
    plain, carried = tmp_path / "plain.tflite", tmp_path / "carried.tflite"
    assert fakelens("convert", second, *by_scores, plain).returncode == 0
    done = fakelens("convert", first, *by_scores, carried, "--bridge", second, *runs)
    assert done.returncode == 0, done.stderr
    for label, border in ((0, Label.FAKE), (1, Label.REAL)):
        shares = [
            np.mean([Detector(model).check(image).label is border for image in images[labels == label]])
            for model in (plain, carried)
        ]
        assert shares[1] == pytest.approx(shares[0], abs=0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with two runs that held out the same pictures, a model file of each, and scores of the second."""
    scores = np.random.default_rng(0).normal(np.repeat([-1, 1], 60))
    lines = (f"{score:.4f},{int(row >= 60)}" for row, score in enumerate(scores))
    (tmp_path / "scores.csv").write_text("\n".join(["whole,label", *lines]))
    images, labels = draw_pictures(60, seed=0)
    for name in ("first", "second"):
        write_model(tmp_path / f"{name}.tflite", 1 / 16)
        write_run(tmp_path / name, images, labels)
    return tmp_path


def refuse(fakelens: Fakelens, folder: Path, *words: str | Path, output: str = "out.tflite") -> str:
    """The line with which `convert` in `folder` refuses these words, having written nothing."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = fakelens("convert", *words, "-o", output, cwd=folder)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return done.stderr


def test_runs_that_held_out_other_pictures_are_refused(fakelens: Fakelens, folder: Path) -> None:
    images, labels = draw_pictures(60, seed=0)
    write_run(folder / "other", *draw_pictures(60, seed=1))
    write_run(folder / "turned", images, 1 - labels)
    write_run(folder / "tiles", images, labels, Fit.TILES)
    few = "held out 0 real pictures in common, at least 50 are needed; train both on the same DATA"
    for second, reason in (
        ("other", few),
        ("turned", few),  # what is real in one is fake in the other
        ("tiles", "looks at tiles; it goes with models of whole images"),
        ("none", "no such run directory"),
    ):
        model = write_model(folder / f"{second}.tflite", 1 / 16)
        bridge = ("--bridge", model, "first", second)
        assert reason in refuse(fakelens, folder, "first.tflite", "--scores", "scores.csv", *bridge)


def test_a_model_that_is_not_of_its_run_is_refused(fakelens: Fakelens, folder: Path) -> None:
    """Nor models or runs in another order, or one of them twice: pictures would not be held out for both."""
    write_model(folder / "tiles.tflite", 1 / 16, Fit.TILES)
    scores = ("--scores", "scores.csv", "--bridge")
    for model, bridge, reason in (
        ("first", ("second.tflite", "second", "first"), "first.tflite was not made of second; after the"),
        ("second", ("first.tflite", "first", "second"), "second.tflite was not made of first; after the"),
        ("first", ("first.tflite", "first", "second"), "first.tflite was not made of second; after the"),
        ("first", ("second.tflite", "first", "first"), "first and first are one training"),
        ("first", ("tiles.tflite", "first", "second"), "tiles.tflite looks at tiles"),
        ("first", ("photo", "first", "second"), "photo: is no file of one view of"),
    ):
        assert reason in refuse(fakelens, folder, f"{model}.tflite", *scores, *bridge)


def test_a_stage_that_was_trained_for_eight_bits_is_of_its_run(fakelens: Fakelens, folder: Path) -> None:
    """`convert` calibrates it anew, so temperature and bias are not those of the run."""
    write_model(folder / "first.tflite", 1 / 16, aware=True)
    bridge = ("--bridge", folder / "second.tflite", folder / "first", folder / "second")
    scores = ("--scores", folder / "scores.csv")
    done = fakelens("convert", folder / "first.tflite", *scores, *bridge, "-o", folder / "out.tflite")
    assert done.returncode == 0, done.stderr


def test_nothing_is_written_over_what_is_read(fakelens: Fakelens, folder: Path) -> None:
    words = ("first.tflite", "--scores", "scores.csv", "--bridge", "second.tflite", "first", "second")
    for output in ("first.tflite", "second.tflite", "scores.csv"):
        assert "would be written over what is read" in refuse(fakelens, folder, *words, output=output)


def test_damaged_pictures_of_a_run_are_named(fakelens: Fakelens, folder: Path) -> None:
    path = folder / "second" / "validation.npz"
    words = ("first.tflite", "--scores", "scores.csv", "--bridge", "second.tflite", "first", "second")
    images, labels = draw_pictures(60, seed=0)
    for damage, reason in (
        ({"images": images, "labels": np.ones_like(labels)}, "the labels are [1], expected 0 and 1"),
        ({"images": images[:, :-1], "labels": labels}, "the images are uint8"),
        ({"images": images}, "damaged"),
    ):
        np.savez(path, **damage)
        assert f"second/validation.npz: {reason}" in refuse(fakelens, folder, *words)
    path.write_bytes(path.read_bytes()[:-200])
    assert "second/validation.npz: damaged" in refuse(fakelens, folder, *words)


def spread(count: int, middle: float, width: float) -> npt.NDArray[np.float64]:
    """`count` logits of a class, evenly through a bell, as eight bits clip them."""
    places = (np.arange(count) + 0.5) / count
    return np.clip(middle + width * np.log(places / (1 - places)) / 1.8, -6.23, 6.23)


PHOTOS, FAKES, SURE = spread(200, -2, 1.5), spread(200, 2, 1.5), spread(200, -7, 1)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        # Every photo is surely real, every fake surely fake: nothing lies near a border.
        ((np.full(200, -6.23), np.full(200, 5.54)), None, "hardly any comes near the border of FAKE"),
        ((PHOTOS, np.full(200, 5.54)), None, "hardly any comes near the border of REAL"),
        # A line through a few steps of eight bits, carried far.
        ((SURE, FAKES), (SURE, FAKES), "hardly any comes near the border of FAKE"),
        # Two scores, nearly: the line through them passes by what lies between.
        (
            (np.r_[np.full(174, -3.0), np.linspace(3, 3.1, 26)], FAKES),
            (np.r_[np.full(160, -3.0), np.linspace(-1.8, 2.7, 40)], FAKES),
            "of the photos that both runs held out 13% would be called FAKE, by the second model 7%",
        ),
        # The second model calls half of these photos FAKE: no border lies in the tail.
        ((PHOTOS, FAKES), (spread(200, 1.2, 1.5), FAKES), "at quite another distance"),
        # Ours is surer of all fakes than the second model of any.
        ((PHOTOS, spread(200, 5, 0.2)), None, "at quite another distance"),
        # A border that no answer in eight bits lies above.
        (
            (spread(200, 2.2, 1.2), spread(200, 5.5, 0.8)),
            (spread(200, -4.3, 1.5), FAKES),
            "no picture at all could be called FAKE",
        ),
    ],
)
def test_held_out_pictures_that_place_no_borders_are_refused(
    ours: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    theirs: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None,
    reason: str,
) -> None:
    """Ties and saturated scores place a line anywhere; a file with absurd borders was written of them."""
    labels = np.repeat(np.array([0, 1], np.uint8), 200)
    both = [np.concatenate(each) for each in (ours, theirs or (PHOTOS, FAKES))]
    held_out = HeldOut(ours=both[0], theirs=both[1], labels=labels)
    with pytest.raises(UsageError, match=reason):
        carry_over(make_contract(ALIKE, -0.6, 1.2), held_out)


def test_scores_of_eight_bits_are_ties_and_no_obstacle() -> None:
    held_out = draw(60)
    levels = np.round(256 / (1 + np.exp(-held_out.theirs))) / 256
    tied = np.clip(levels, 1 / 512, 511 / 512)
    logits = np.log(tied / (1 - tied))
    carried = carry_over(make_contract(ALIKE, -0.6, 1.2), replace(held_out, ours=logits))
    fusion = carried.input.fusion
    assert fusion is not None
    assert (fusion.weights[0], fusion.bias) == pytest.approx((1, 0), abs=0.1)
