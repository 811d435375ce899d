import numpy as np
import pytest

from fakelens.benchmarks.scoring.battery import BATTERY, Degradation, Kind, degrade
from fakelens.edge_runtime.pictures.degradations import rescale
from fakelens.edge_runtime.pictures.preprocess import ImageU8


def _noise(seed: int, shape: tuple[int, ...] = (32, 32, 3)) -> ImageU8:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_the_battery_is_the_one_that_figures_are_published_for() -> None:
    assert [degradation.name for degradation in BATTERY] == [
        "clean",
        *("JPEG 90", "JPEG 80", "JPEG 65", "JPEG 50", "JPEG 40", "JPEG 25"),
        *("noise 0.02", "noise 0.05", "noise 0.1", "blur 0.3", "blur 0.6", "blur 1"),
        *("rescale 0.75", "rescale 0.5"),
        *("brightness 0.7", "brightness 1.3", "contrast 0.7", "contrast 1.3"),
        *("web", "hard"),
    ]


@pytest.mark.parametrize("degradation", BATTERY, ids=lambda degradation: degradation.name)
def test_each_changes_pixels_but_the_clean_one_and_keeps_the_size(degradation: Degradation) -> None:
    image = _noise(0, (24, 40, 3))
    degraded = degrade(image, degradation)
    assert (degraded.shape, degraded.dtype) == (image.shape, np.uint8)
    assert np.array_equal(degraded, image) == (degradation.kind is Kind.CLEAN)
    assert np.array_equal(degraded, degrade(image.copy(), degradation))


def test_all_differ_from_each_other() -> None:
    image = _noise(0)
    assert len({degrade(image, degradation).tobytes() for degradation in BATTERY}) == len(BATTERY)


def test_noise_is_the_images_own_whatever_came_before() -> None:
    noise = Degradation(kind=Kind.NOISE, strength=0.05)
    greys = [np.full((32, 32, 3), level, np.uint8) for level in (100, 101)]
    first = degrade(greys[0], noise)
    added = [degrade(grey, noise).astype(int) - grey for grey in greys]
    assert np.array_equal(first, degrade(greys[0], noise))
    assert not np.array_equal(added[0], added[1])  # one level apart, and another noise
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.1


def test_noise_is_pinned() -> None:
    """Published figures hold only while these bytes do: a change of seed, digest or generator shows here."""
    degraded = degrade(np.full((2, 2, 3), 128, np.uint8), Degradation(kind=Kind.NOISE, strength=0.1))
    assert degraded.ravel().tolist() == [142, 127, 103, 83, 108, 131, 121, 100, 108, 139, 96, 57]


def test_images_of_one_content_and_another_shape_have_their_own_noise() -> None:
    noise = Degradation(kind=Kind.NOISE, strength=0.05)
    wide, high = np.full((8, 16, 3), 99, np.uint8), np.full((16, 8, 3), 99, np.uint8)
    assert not np.array_equal(degrade(wide, noise).ravel(), degrade(high, noise).ravel())


def test_rescaling_is_a_share_of_the_shorter_side() -> None:
    small, large = _noise(1), _noise(1, (64, 100, 3))
    for strength, side, large_side in ((0.75, 24, 48), (0.5, 16, 32)):
        degradation = Degradation(kind=Kind.RESCALE, strength=strength)
        assert np.array_equal(degrade(small, degradation), rescale(small, side))
        assert np.array_equal(degrade(large, degradation), rescale(large, large_side))
    assert degrade(_noise(0, (1, 1, 3)), degradation).shape == (1, 1, 3)
