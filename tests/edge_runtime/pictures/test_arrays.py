"""Arrays of pixels: what they are taken for, and what is refused."""

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.pictures.arrays import image_from_array

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)


def test_opencvs_order_is_turned_round() -> None:
    rgb = PIXELS[..., :3]
    assert np.array_equal(np.asarray(image_from_array(rgb)), rgb)
    assert np.array_equal(np.asarray(image_from_array(rgb[..., ::-1], "bgr")), rgb)
    assert np.array_equal(np.asarray(image_from_array(PIXELS[..., [2, 1, 0, 3]], "bgr")), PIXELS)


def test_grey_is_grey() -> None:
    grey = PIXELS[..., 0]
    for array in (grey, grey[..., None]):
        image = image_from_array(array)
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), grey)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (PIXELS[..., :3] / np.float32(255), "float32, expected uint8"),
        (PIXELS.astype(np.uint16), "uint16"),
        (np.moveaxis(PIXELS[..., :3], 2, 0), r"\(3, 5, 7\)"),
        (PIXELS[None], r"\(1, 5, 7, 4\)"),
        (PIXELS[:0], r"\(0, 7, 4\)"),
        (PIXELS[0, 0], r"\(4,\)"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_remedy(array: np.ndarray, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        image_from_array(array)


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(UsageError, match="'hsv', expected rgb"):
        image_from_array(PIXELS, "hsv")
