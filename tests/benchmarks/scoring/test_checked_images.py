"""Every answer is that of `fakelens check` on the same picture, as it arrives at each tier."""

from collections.abc import Callable
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.checked_images import check_images
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
