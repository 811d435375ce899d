"""A verdict near the threshold falls with a mild degradation, a clear one stands; bright is fake."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.recheck import recheck
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.modelfile.contract import Decision, Pool
from tests.conftest import Fakelens

SIZE = 8


@pytest.fixture
def model(pack_tile_model: Callable[..., Path]) -> Path:
    decision = Decision(threshold=0.5, unsure_low=0.501, unsure_high=0.5)
    return pack_tile_model(9, Pool.TOP, decision=decision)


@pytest.fixture
def doubtful() -> Image.Image:
    """One bright line that lies within one row of tiles; scaled down it does no longer."""
    pixels = np.full((24, 24, 3), 124, np.uint8)
    pixels[8:16] = 132
    return Image.fromarray(pixels)


def test_a_verdict_that_a_mild_degradation_turns_over_is_unsure(model: Path, doubtful: Image.Image) -> None:
    detector = Detector(model)
    before = detector.check(doubtful)
    after = recheck(detector, doubtful, before)
    assert before.label is Label.FAKE
    assert after.label is Label.UNSURE
    assert after.p_fake == before.p_fake
    assert after.latency_ms > before.latency_ms


def write_film(path: Path, *images: Image.Image) -> Path:
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, lossless=True)
    return path


def test_a_video_is_held_against_itself_and_not_its_worst_picture(
    model: Path, doubtful: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    greys = [Image.new("RGB", (24, 24), (level,) * 3) for level in (20, 24, 230)]
    write_film(tmp_path / "real.webp", *greys)  # its worst picture alone is a FAKE that stands
    write_film(
        tmp_path / "doubtful.webp", doubtful, doubtful.rotate(180).transpose(Image.Transpose.ROTATE_90)
    )
    films = [tmp_path / "real.webp", tmp_path / "doubtful.webp"]
    before, after = (
        [
            json.loads(line)
            for line in fakelens("check", *films, "--model", model, "--json", *more).stdout.splitlines()
        ]
        for more in ([], ["--stable"])
    )
    assert [row["verdict"] for row in before] == ["real", "fake"]
    assert [row["verdict"] for row in after] == ["real", "unsure"]
    shown = fakelens("check", films[1], "--model", model, "--stable").stdout
    assert "Mild recompression or scaling turns the answer over" in " ".join(shown.split())


@pytest.mark.parametrize(("level", "label"), [(20, Label.REAL), (230, Label.FAKE)])
def test_a_clear_verdict_stands(model: Path, level: int, label: Label) -> None:
    image = Image.new("RGB", (24, 24), (level,) * 3)
    detector = Detector(model)
    assert recheck(detector, image, detector.check(image)).label is label


def test_check_takes_it_as_an_option(
    model: Path, doubtful: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    doubtful.save(tmp_path / "x.png")
    arguments = ["check", str(tmp_path / "x.png"), "--model", str(model), "--json"]
    answers = [json.loads(fakelens(*arguments, *more).stdout)["verdict"] for more in ([], ["--stable"])]
    assert answers == ["fake", "unsure"]


def test_a_picture_that_no_jpeg_can_hold_is_rechecked_in_pieces(model: Path) -> None:
    image = Image.new("RGB", (65_600, 9), (230,) * 3)
    detector = Detector(model)
    assert recheck(detector, image, detector.check(image)).label is Label.FAKE


def test_what_is_too_large_to_be_changed_is_one_line(model: Path, tmp_path: Path, fakelens: Fakelens) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (13_000, 10_000)).save(path)  # 130 megapixels
    done = fakelens("check", path, "--model", model, "--stable", "--max-megapixels", 400)
    assert done.returncode == 2
    assert "large.png: its 13000 x 10000 px are too many for --stable" in done.stderr
