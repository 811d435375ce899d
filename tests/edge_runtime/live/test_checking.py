"""A frame gets the score that `Detector.check` gives, at once or, within a budget, after a few frames."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.live.checking import FrameChecker
from fakelens.edge_runtime.live.frame import Frame

TINY_MS = 1e-6  # no tile fits, so one a frame


def make_picture(seed: int, size: tuple[int, int] = (33, 27)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    return Image.fromarray(pixels)


def test_without_a_budget_a_frame_scores_exactly_as_its_picture(
    pixel_model_file: Path, tile_model: Path
) -> None:
    for path in (pixel_model_file, tile_model):
        checker, detector = FrameChecker(Detector(path)), Detector(path)
        for seed in range(5):
            picture = make_picture(seed)
            bgr = np.ascontiguousarray(np.asarray(picture)[..., ::-1])  # as a camera gives it
            checked = checker.check(Frame(pixels=bgr, time_s=0.0).to_image())
            verdict = detector.check(picture)
            assert checked.p_fake == verdict.p_fake
            assert checked.regions == verdict.regions
            assert checked.inference_ms > 0


def test_a_budget_that_is_never_reached_changes_nothing(tile_model: Path) -> None:
    checker, detector = FrameChecker(Detector(tile_model), 1e6), Detector(tile_model)
    for seed in range(3):
        checked, verdict = checker.check(make_picture(seed)), detector.check(make_picture(seed))
        assert (checked.p_fake, checked.regions) == (verdict.p_fake, verdict.regions)


def test_over_the_budget_the_picture_is_covered_in_turn(tile_model: Path) -> None:
    checker = FrameChecker(Detector(tile_model), TINY_MS)
    whole = Detector(tile_model).check(make_picture(0))
    assert len(whole.regions) == 9
    for known in range(1, 10):
        checked = checker.check(make_picture(0))
        assert checked.regions == whole.regions[:known]
    assert checked.p_fake == whole.p_fake
    # The next picture takes the place of the old one tile by tile.
    other = Detector(tile_model).check(make_picture(1))
    for new in range(1, 10):
        checked = checker.check(make_picture(1))
        assert checked.regions == other.regions[:new] + whole.regions[new:]
    assert checked.p_fake == other.p_fake


def test_a_new_frame_size_starts_afresh(tile_model: Path) -> None:
    checker = FrameChecker(Detector(tile_model), TINY_MS)
    for _ in range(4):
        checker.check(make_picture(0))
    smaller = make_picture(0, (17, 19))
    checked = checker.check(smaller)
    assert checked.regions == Detector(tile_model).check(smaller).regions[:1]
    assert checked.p_fake == checked.regions[0].p_fake


def test_a_budget_means_nothing_to_a_model_that_sees_the_whole(pixel_model_file: Path) -> None:
    checked = FrameChecker(Detector(pixel_model_file), TINY_MS).check(make_picture(0))
    assert checked.p_fake == Detector(pixel_model_file).check(make_picture(0)).p_fake


def test_a_photo_scaled_down_far_is_told_once(model_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    checker = FrameChecker(Detector(model_file))
    for _ in range(3):
        checker.check(Image.new("RGB", (80, 60)))
    assert [record.getMessage() for record in caplog.records if "10 times" in record.getMessage()] == [
        caplog.records[0].getMessage()
    ]
