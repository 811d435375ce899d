"""One detector, many threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime import Detector
from fakelens.edge_runtime.errors import UsageError


def test_threads_that_share_a_detector_get_the_answers_that_one_gets(
    pack_tile_model: Callable[..., Path],
) -> None:
    detector = Detector(pack_tile_model(16))
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, level, (48, 48, 3), np.uint8) for level in range(2, 250, 4)] * 4
    alone = [detector.check(picture).p_fake for picture in pictures]
    assert len(set(alone)) > 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda picture: detector.check(picture).p_fake, pictures)) == alone


def test_an_array_is_checked_as_its_picture(pack_tile_model: Callable[..., Path]) -> None:
    detector = Detector(pack_tile_model(16))
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    expected = detector.check(Image.fromarray(pixels)).p_fake
    assert (
        detector.check(pixels).p_fake == detector.check(pixels[..., ::-1], colours="bgr").p_fake == expected
    )
    with pytest.raises(UsageError, match="goes with an array"):
        detector.check("photo.jpg", colours="bgr")
