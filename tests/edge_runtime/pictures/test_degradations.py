import io
import sys

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.degradations import (
    add_noise,
    blur,
    change_brightness,
    change_contrast,
    recompress_jpeg,
    rescale,
)
from fakelens.edge_runtime.pictures.preprocess import ImageU8


@pytest.fixture
def noise() -> ImageU8:
    """An image with all frequencies in it, higher than it is wide."""
    return np.random.default_rng(0).integers(0, 256, (40, 32, 3), dtype=np.uint8)


def _photo() -> ImageU8:
    """A smooth image: waves of grey and colour."""
    down, right = np.mgrid[0:32, 0:32] / 5
    waves = np.stack([np.sin(down), np.sin(right), np.sin(down + right)], axis=-1)
    return np.asarray(127 + 100 * waves, np.uint8)


def test_jpeg_is_pillows_with_half_the_chroma(noise: ImageU8) -> None:
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=40, subsampling="4:2:0")
    assert np.array_equal(recompress_jpeg(noise, 40), np.asarray(Image.open(buffer)))


def test_jpeg_strays_further_the_lower_the_quality() -> None:
    image = _photo()
    errors = [np.abs(recompress_jpeg(image, quality).astype(int) - image).mean() for quality in (95, 65, 25)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_noise_has_the_sigma_asked_for_and_is_the_generators() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    noisy = add_noise(grey, 0.05, np.random.default_rng(7))
    assert np.std(noisy.astype(float)) == pytest.approx(0.05 * 255, rel=0.02)
    assert np.mean(noisy) == pytest.approx(128, abs=0.3)
    assert np.array_equal(noisy, add_noise(grey, 0.05, np.random.default_rng(7)))
    assert not np.array_equal(noisy, add_noise(grey, 0.05, np.random.default_rng(8)))


def test_noise_is_clipped_not_wrapped() -> None:
    for level, low, high in ((0, 0, 128), (255, 127, 255)):
        noisy = add_noise(np.full((50, 50, 3), level, np.uint8), 0.1, np.random.default_rng(0))
        assert low <= noisy.min() <= noisy.max() <= high


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.0, 3.0])
def test_blur_is_the_gaussian_of_scipy(noise: ImageU8, sigma: float) -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is the reference")
    expected = np.rint(ndimage.gaussian_filter(noise.astype(float), (sigma, sigma, 0), mode="reflect"))
    blurred = blur(noise, sigma).astype(float)
    assert np.abs(blurred - expected).max() <= 1  # rounding of halves
    assert np.mean(blurred != expected) < 0.001


def test_blur_works_without_scipy_and_on_images_smaller_than_its_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    tiny = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert blur(tiny, 3.0).shape == tiny.shape
    point = np.zeros((9, 9, 3), np.uint8)
    point[4, 4] = 255
    spread = blur(point, 1.0)[..., 0]
    assert spread[4, 4] == round(255 / (2 * np.pi))  # the height of the bell at its middle
    assert np.array_equal(spread, spread.T)
    assert np.array_equal(spread, spread[::-1])


def test_rescaling_keeps_the_size_and_loses_what_is_finer(noise: ImageU8) -> None:
    assert rescale(noise, 16).shape == noise.shape
    assert np.array_equal(rescale(noise, 32), noise)
    image = Image.fromarray(noise)
    bilinear = Image.Resampling.BILINEAR
    expected = image.resize((16, 20), bilinear).resize((32, 40), bilinear)  # the aspect ratio stays
    assert np.array_equal(rescale(noise, 16), np.asarray(expected))
    assert np.std(rescale(noise, 16).astype(float)) < np.std(rescale(noise, 24).astype(float)) < np.std(noise)


def test_rescaling_leaves_at_least_a_pixel() -> None:
    line = np.full((1, 50, 3), 9, np.uint8)
    assert np.array_equal(rescale(line, 1), line)
    assert rescale(np.zeros((50, 1, 3), np.uint8), 1).shape == (50, 1, 3)


def test_brightness_and_contrast_of_known_levels() -> None:
    levels = np.array([0, 10, 100, 128, 200, 255], np.uint8).reshape(1, 6, 1).repeat(3, axis=2)
    assert change_brightness(levels, 0.7)[0, :, 0].tolist() == [0, 7, 70, 90, 140, 178]
    assert change_brightness(levels, 1.3)[0, :, 0].tolist() == [0, 13, 130, 166, 255, 255]
    assert change_contrast(levels, 0.7)[0, :, 0].tolist() == [38, 45, 108, 128, 178, 217]
    assert change_contrast(levels, 1.3)[0, :, 0].tolist() == [0, 0, 92, 128, 222, 255]


def test_nothing_changes_the_image_it_is_given(noise: ImageU8) -> None:
    before = noise.copy()
    noise.setflags(write=False)
    recompress_jpeg(noise, 50)
    add_noise(noise, 0.1, np.random.default_rng(0))
    blur(noise, 1.0)
    rescale(noise, 10)
    change_brightness(noise, 1.3)
    change_contrast(noise, 1.3)
    assert np.array_equal(noise, before)
