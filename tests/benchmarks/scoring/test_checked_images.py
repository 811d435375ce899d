"""Every answer is that of `fakelens check` on the same picture, as it arrives at each tier."""

import csv
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.checked_images import check_images, write_scores
from fakelens.benchmarks.scoring.delivery import Tier, deliver
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.pictures.preprocess import load_image


def test_answers_are_those_of_check(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    images = [
        LabelledImage(path=save_grey(tmp_path / f"{level}.png", level), label=level // 128)
        for level in (10, 120, 130, 250)
    ]
    (tmp_path / "broken.png").write_text("no image")
    broken = LabelledImage(path=tmp_path / "broken.png", label=0)
    checked = check_images(str(model_file), [*images[:2], broken, *images[2:]])
    detector = Detector(model_file)
    assert checked.images == tuple(images)
    assert len(checked.errors) == 1
    for tier in Tier:
        verdicts = [detector.check(deliver(load_image(image.path), tier)) for image in images]
        assert checked.tiers[tier].answers == tuple(verdict.label for verdict in verdicts)
        assert checked.tiers[tier].p_fake.tolist() == [verdict.p_fake for verdict in verdicts]

    write_scores(tmp_path / "scores.csv", checked)
    rows = list(csv.DictReader((tmp_path / "scores.csv").open()))
    assert len(rows) == len(images) * len(Tier)
    assert rows[0]["digest"] == hashlib.sha256(images[0].path.read_bytes()).hexdigest()[:20]
    assert [row["tier"] for row in rows[:3]] == ["clean", "web", "hard"]
    p_fake = [float(row["p_fake"]) for row in rows]
    assert p_fake == pytest.approx([1 / (1 + math.exp(-float(row["whole"]))) for row in rows], abs=2e-3)
