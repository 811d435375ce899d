"""`fakelens convert MODEL --whole MODEL --fuse DATA`: one file of both, decided by validation images."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import Pool
from tests.conftest import Fakelens


def write_data(folder: Path, split: str = "val", count: int = 40, seed: int = 0) -> Path:
    """Two sources: in one fakes are bright, in the other red; all of them noisy."""
    generator = np.random.default_rng(seed)
    for source in ("bright", "red"):
        for label, name in enumerate(("real", "fake")):
            target = folder / source / split / name
            target.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                level = generator.normal((28 if source == "bright" else 0) * label, 12)
                tint = generator.normal((40 if source == "red" else 0) * label, 15)
                noise = generator.normal(0, 20, (24, 24, 3))
                pixels = 118 + level + noise + np.array([tint, 0, -tint]) / 2
                Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(target / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture
def tiles(pack_tile_model: Callable[..., Path]) -> Path:
    return pack_tile_model(4)


def test_two_files_become_one_that_decides_better(
    fakelens: Fakelens, tiles: Path, whole_model_file: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "both.tflite"
    done = fakelens(
        "convert", tiles, "--whole", whole_model_file, "--fuse", data, "-o", output, "--name", "both"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{output}  {output.stat().st_size:,} bytes")
    contract = read_model(output).contract
    assert contract.name == "both"
    assert contract.schema == 2
    assert [(view.name, view.size) for view in contract.input.views] == [("tiles", 8), ("whole", 12)]
    assert contract.input.fusion is not None
    assert all(weight > 0.1 for weight in contract.input.fusion.weights)
    assert contract.decision.threshold == 0.5
    assert contract.decision.condition is not None
    assert contract.decision.condition.least_side == 24  # smaller than usual, as the real ones are
    measured = {row.metric: row for row in contract.measured}
    assert measured["auc"].value > 0.85
    assert measured["false_alarms"].value <= 0.03
    assert measured["missed"].value <= 0.10
    check_decision(output, data)


def check_decision(model: Path, data: Path) -> None:
    """What was asked on validation holds for the very file, and number and word agree."""
    detector = Detector(model)
    found: dict[str, list[Label]] = {"real": [], "fake": []}
    for path in sorted(data.glob("*/val/*/*.png")):
        verdict = detector.check(path)
        found[path.parent.name].append(verdict.label)
        assert verdict.label is not Label.FAKE or verdict.p_fake > 0.5
        assert verdict.label is not Label.REAL or verdict.p_fake < 0.5
    assert found["real"].count(Label.FAKE) <= 0.03 * len(found["real"])
    assert found["fake"].count(Label.REAL) <= 0.10 * len(found["fake"])
    assert found["fake"].count(Label.FAKE) >= 0.3 * len(found["fake"])


def test_scores_of_a_csv_give_the_same_file_but_for_the_condition(
    fakelens: Fakelens, tiles: Path, whole_model_file: Path, data: Path, tmp_path: Path
) -> None:
    by_images, by_scores = tmp_path / "images.tflite", tmp_path / "scores.tflite"
    both = ("convert", tiles, "--whole", whole_model_file, "-o")
    assert fakelens(*both, by_images, "--fuse", data, "--by-source").returncode == 0
    detector, table = Detector(by_images), tmp_path / "scores.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tiles", "whole", "label", "source"])
        for path in sorted(data.glob("*/val/*/*.png")):
            p_fake = np.clip([view.p_fake for view in detector.check(path).views], 1 / 512, 511 / 512)
            logits = np.log(p_fake / (1 - p_fake)).tolist()
            writer.writerow([*logits, path.parent.name, path.parents[2].name])
    done = fakelens(*both, by_scores, "--scores", table, "--by-source")
    assert done.returncode == 0, done.stderr
    mine, its = (read_model(path).contract for path in (by_scores, by_images))
    assert mine.input.fusion is not None
    assert its.input.fusion is not None
    assert mine.input.fusion.weights == pytest.approx(its.input.fusion.weights, rel=1e-3)
    assert mine.decision.unsure_high == pytest.approx(its.decision.unsure_high, abs=1e-4)
    assert mine.decision.condition is not None
    assert mine.decision.condition.least_side == 64


def test_one_view_can_be_decided_anew(fakelens: Fakelens, tiles: Path, data: Path, tmp_path: Path) -> None:
    output = tmp_path / "anew.tflite"
    done = fakelens("convert", tiles, "--fuse", data, "-o", output, "--pool", "texture")
    assert done.returncode == 0, done.stderr
    contract = read_model(output).contract
    assert [(view.name, view.pool) for view in contract.input.views] == [("tiles", Pool.TEXTURE)]
    verdict = Detector(output).check(next(data.glob("bright/val/fake/*.png")))
    assert [view.name for view in verdict.views] == ["tiles"]


def test_the_bound_on_false_alarms_holds_in_each_tier_that_scores_name(
    fakelens: Fakelens, tiles: Path, tmp_path: Path
) -> None:
    means = np.array([[[-1.0], [0.0]], [[2.0], [2.0]]])  # of the logits: real and fake, clean and web
    logits = np.random.default_rng(0).normal(means, 1.0, (2, 2, 200))
    rows = [
        f"{logit:.4f},{label},{tier}"
        for label, of_tiers in zip(("real", "fake"), logits, strict=True)
        for tier, values in zip(("clean", "web"), of_tiers, strict=True)
        for logit in values
    ]
    table, output = tmp_path / "scores.csv", tmp_path / "out.tflite"
    table.write_text("\n".join(["tiles,label,tier", *rows]))
    done = fakelens("convert", tiles, "--scores", table, "--false-alarms", "0.1", "-o", output)
    assert done.returncode == 0, done.stderr
    contract = read_model(output).contract
    assert contract.input.fusion is not None
    p_fake = 1 / (1 + np.exp(-contract.input.fusion.weights[0] * logits - contract.input.fusion.bias))
    accused = (p_fake[0] > contract.decision.unsure_high).mean(axis=1)
    assert accused[1] == pytest.approx(0.1, abs=0.01)
    assert accused[0] < 0.05


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--whole", "WHOLE"), "--whole needs --fuse or --scores"),
        (("--by-source",), "--by-source needs --fuse or --scores"),
        (("--fuse", "DATA"), "-o is missing"),
        (("--fuse", "DATA", "-o", "OUT", "--int8"), "--int8 is of no use with --fuse"),
        (("--fuse", "DATA", "-o", "OUT", "--max-drop", "1"), "--max-drop is of no use with --fuse"),
        (("--fuse", "DATA", "--scores", "DATA", "-o", "OUT"), "exclude each other"),
        (("--scores", "none.csv", "-o", "OUT"), "none.csv: cannot be read"),
        (("--fuse", "DATA", "-o", "OUT", "--bridge", "a.tflite", "a", "b"), "--bridge goes with --scores"),
        (("--scores", "none.csv", "--split", "val", "-o", "OUT"), "--split val is a part of --fuse DATA"),
        (
            ("--fuse", "DATA", "-o", "OUT", "--whole", "TILES"),
            "has fit tiles; --whole must be",
        ),
        (("--fuse", "DATA", "-o", "OUT", "--whole", "none.tflite"), "none.tflite: no such model file"),
        (("--fuse", "DATA", "-o", "OUT", "--false-alarms", "0.9"), "--false-alarms is 0.9"),
        (("--fuse", "DATA", "-o", "OUT", "--split", "test"), "no test/ folder"),
        (("--fuse", "none", "-o", "OUT"), "none: no such folder"),
        (("--fuse", "DATA", "-o", "TILES"), "would be written over what is read"),
    ],
)
def test_what_does_not_fit_is_one_line_and_nothing_is_written(
    fakelens: Fakelens,
    tiles: Path,
    whole_model_file: Path,
    data: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    output = tmp_path / "out.tflite"
    names = {"WHOLE": whole_model_file, "DATA": data, "OUT": output, "TILES": tiles}
    before = tiles.read_bytes()
    done = fakelens("convert", tiles, *(names.get(each, each) for each in arguments))
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert not output.exists()
    assert tiles.read_bytes() == before


def test_a_file_of_two_views_is_no_view(
    fakelens: Fakelens, pack_two_view_model: Callable[..., Path], data: Path, tmp_path: Path
) -> None:
    done = fakelens("convert", pack_two_view_model(), "--fuse", data, "-o", tmp_path / "out.tflite")
    assert done.returncode == 2
    assert "has several views already" in done.stderr


def test_data_without_validation_images_asks_which(fakelens: Fakelens, tiles: Path, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", "train", 5)
    done = fakelens("convert", tiles, "--fuse", data, "-o", tmp_path / "out.tflite")
    assert done.returncode == 2
    assert "has train but no val/; choose one with --split" in done.stderr
    assert (
        fakelens(
            "convert", tiles, "--fuse", data, "--split", "train", "-o", tmp_path / "out.tflite"
        ).returncode
        == 0
    )


def test_a_model_of_whole_images_looks_at_tiles_too(
    fakelens: Fakelens, whole_model_file: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "both.tflite"
    done = fakelens(
        "convert", whole_model_file, "--tiles", 4, "--pool", "texture", "--fuse", data, "-o", output
    )
    assert done.returncode == 0, done.stderr
    contract, alone = read_model(output).contract, read_model(whole_model_file)
    assert [(view.name, view.tiles) for view in contract.input.views] == [("tiles", 4), ("whole", 1)]
    assert contract.training.parameters == alone.contract.training.parameters
    check_decision(output, data)
    again = fakelens(
        "convert", whole_model_file, "--tiles", 4, "--whole", whole_model_file, "--fuse", data, "-o", output
    )
    assert again.returncode == 2
    assert "--tiles and --whole exclude each other" in again.stderr
