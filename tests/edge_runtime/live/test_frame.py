"""Pixels reach the model unchanged, whichever way a source lays them down."""

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.live.frame import Frame


@pytest.mark.parametrize("contiguous", [True, False])
def test_bgr_becomes_rgb_without_loss(contiguous: bool) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    bgr = np.ascontiguousarray(rgb[..., ::-1]) if contiguous else rgb[..., ::-1]
    image = Frame(pixels=bgr, time_s=0.0).to_image()
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), rgb)
    bgr_before = bgr.copy()
    image.paste((0, 0, 0), (0, 0, 3, 3))
    np.testing.assert_array_equal(bgr, bgr_before)  # a copy of its own


def test_a_pillow_image_passes_as_it_is() -> None:
    image = Image.new("RGB", (4, 3))
    assert Frame(pixels=image, time_s=0.0).to_image() is image
    assert Frame(pixels=Image.new("RGBA", (4, 3)), time_s=0.0).to_image().mode == "RGB"
