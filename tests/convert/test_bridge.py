"""Answers of a second model decide for the first: P(fake) by a line, borders by equal shares."""

import json
import math
from dataclasses import asdict
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
    Decision,
    Fit,
    Fusion,
    InputSpec,
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


def write_run(
    run: Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], fit: Fit = Fit.RESIZE
) -> Path:
    """What `convert` reads of a finished run, with these validation pictures."""
    run.mkdir()
    tiles = 4 if fit is Fit.TILES else 1
    contract = Contract(name="redness", input=InputSpec(size=WHOLE_SIZE, fit=fit, tiles=tiles))
    record = {"format": 1, "contract": asdict(contract), "quantization_aware": False}
    (run / "run.json").write_text(json.dumps(record))
    (run / "model.h5").touch()
    np.savez(run / "validation.npz", images=images, labels=labels)
    return run


def write_model(path: Path, steepness: float) -> Path:
    contract = Contract(name="redness", input=InputSpec(size=WHOLE_SIZE))
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


def test_runs_that_held_out_other_pictures_are_refused(fakelens: Fakelens, tmp_path: Path) -> None:
    model, scores = write_model(tmp_path / "model.tflite", 1 / 16), tmp_path / "scores.csv"
    scores.write_text("whole,label\n-1,real\n1,fake\n")
    images, labels = draw_pictures(60, seed=0)
    runs = {
        "first": write_run(tmp_path / "first", images, labels),
        "other": write_run(tmp_path / "other", *draw_pictures(60, seed=1)),
        "tiles": write_run(tmp_path / "tiles", images, labels, Fit.TILES),
        "none": tmp_path / "none",
    }
    for second, reason in (
        ("other", "held out 0 real pictures in common, at least 50 are needed; train both on the same DATA"),
        ("tiles", "looks at tiles; it goes with models of whole images"),
        ("none", "no such run directory"),
    ):
        bridge = ("--bridge", model, runs["first"], runs[second])
        done = fakelens("convert", model, "--scores", scores, *bridge, "-o", tmp_path / "out.tflite")
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "out.tflite").exists()
