"""Every answer is that of `fakelens check` on the same picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.checked_images import JPEG_QUALITY, expose
from fakelens.edge_runtime.degradations import recompress_jpeg
from fakelens.edge_runtime.detector import Detector


def test_answers_are_those_of_check(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    images = [
        LabelledImage(path=save_grey(tmp_path / f"{level}.png", level), label=level // 128)
        for level in (10, 120, 130, 250)
    ]
    (tmp_path / "broken.png").write_text("no image")
    broken = LabelledImage(path=tmp_path / "broken.png", label=0)
    exposure = expose(str(model_file), [*images[:2], broken, *images[2:]])
    detector = Detector(model_file)
    assert exposure.images == tuple(images)
    assert len(exposure.errors) == 1
    assert exposure.answers == tuple(detector.check(image.path).label for image in images)
    for image, p_fake, p_fake_jpeg in zip(images, exposure.p_fake, exposure.p_fake_jpeg, strict=True):
        assert p_fake == detector.check(image.path).p_fake
        degraded = recompress_jpeg(np.asarray(Image.open(image.path).convert("RGB")), JPEG_QUALITY)
        assert p_fake_jpeg == pytest.approx(detector.check(Image.fromarray(degraded)).p_fake, abs=1e-6)
