import io
from dataclasses import astuple, replace

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.audit.pixels import measure_pixels


@pytest.fixture
def noise() -> ImageU8:
    return np.random.default_rng(0).integers(0, 256, (96, 120, 3), dtype=np.uint8)


def compress(image_u8: ImageU8, quality: int) -> ImageU8:
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def test_a_flat_image_has_a_colour_and_nothing_else() -> None:
    facts = measure_pixels(np.full((40, 40, 3), (10, 20, 30), np.uint8))
    assert (facts.mean_red, facts.mean_green, facts.mean_blue, facts.saturation) == (10, 20, 30, 20)
    rest = replace(facts, mean_red=0, mean_green=0, mean_blue=0, saturation=0, grey_levels_used=0)
    assert astuple(rest) == pytest.approx([0] * len(astuple(rest)), abs=1e-4)


def test_strong_jpeg_shows_its_grid(noise: ImageU8) -> None:
    smooth = np.asarray(Image.fromarray(noise[:12, :15]).resize((120, 96), Image.Resampling.BICUBIC))
    assert measure_pixels(noise).grid_8px == pytest.approx(1, abs=0.05)
    assert measure_pixels(compress(smooth, 8)).grid_8px > 1.5


def test_the_grid_is_found_in_the_middle_of_a_large_image(noise: ImageU8) -> None:
    large = np.asarray(Image.fromarray(noise[:40, :50]).resize((813, 607), Image.Resampling.BICUBIC))
    assert measure_pixels(compress(large, 8)).grid_8px > 1.5


def test_doubled_pixels_show_a_difference_of_odd_and_even(noise: ImageU8) -> None:
    doubled = np.asarray(Image.fromarray(noise[:48, :60]).resize((120, 96), Image.Resampling.BILINEAR))
    assert measure_pixels(doubled).odd_even < 0.05  # bilinear doubling is symmetric
    stretched = np.repeat(noise[:, :60], 2, axis=1)
    stretched[:, 1::2] = (stretched[:, 1::2].astype(int) + np.roll(stretched, -1, 1)[:, 1::2]) // 2
    assert measure_pixels(stretched).odd_even > 0.3


def test_blur_takes_fine_detail(noise: ImageU8) -> None:
    blurred = (noise[:-1].astype(int) + noise[1:]) // 2
    assert measure_pixels(blurred.astype(np.uint8)).fine_detail < measure_pixels(noise).fine_detail


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (2, 3, 3), (9, 1, 3)])
def test_tiny_images_have_finite_facts(shape: tuple[int, ...]) -> None:
    facts = measure_pixels(np.full(shape, 200, np.uint8))
    assert np.isfinite(astuple(facts)).all()
