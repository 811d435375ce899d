import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.spectrum import align_spectrum


@pytest.fixture
def photo() -> ImageU8:
    noise = np.random.default_rng(0).normal(0, 1, (96, 128, 3))
    soft = gaussian_filter(noise, (6, 6, 0)) * 400 + gaussian_filter(noise, (0.7, 0.7, 0)) * 20
    return np.clip(soft + 128, 0, 255).astype(np.uint8)


def _smooth(photo: ImageU8) -> ImageU8:
    return np.asarray(gaussian_filter(photo, (1, 1, 0)), dtype=np.uint8)


def _grid(photo: ImageU8) -> ImageU8:
    """Return the smoothed photo with a checkerboard in it, as transposed convolutions leave it."""
    rows, columns = np.indices(photo.shape[:2])
    return np.clip(_smooth(photo) + 3.0 * (-1.0) ** (rows + columns)[..., None], 0, 255).astype(np.uint8)


def _sharpness(image: ImageU8) -> float:
    return float(np.abs(np.diff(image.astype(float), axis=1)).mean())


def _correlate_with_grid(image: ImageU8) -> float:
    rows, columns = np.indices(image.shape[:2])
    return float((image.astype(float).mean(axis=-1) * (-1.0) ** (rows + columns)).mean())


def test_a_smooth_fake_becomes_as_sharp_as_its_original(photo: ImageU8) -> None:
    fake = _smooth(photo)
    assert _sharpness(fake) < 0.7 * _sharpness(photo)
    assert _sharpness(align_spectrum(photo, fake, 0.0)) == pytest.approx(_sharpness(photo), rel=0.15)


def test_the_trace_of_upsampling_stays(photo: ImageU8) -> None:
    aligned = align_spectrum(photo, _grid(photo), 0.0)
    assert abs(_correlate_with_grid(photo)) < 0.1
    assert _correlate_with_grid(aligned) > 0.5


def test_a_photo_that_is_its_own_fake_stays_as_it_is(photo: ImageU8) -> None:
    np.testing.assert_array_equal(align_spectrum(photo, photo, 0.3), photo)


def test_the_share_is_what_is_left_of_the_original(photo: ImageU8) -> None:
    def distance(share: float) -> float:
        aligned = align_spectrum(photo, _smooth(photo), share).astype(float)
        return float(np.abs(aligned - photo).mean())

    assert distance(0.0) > distance(0.5) > distance(0.9)
    np.testing.assert_array_equal(align_spectrum(photo, _smooth(photo), 1.0), photo)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_pictures_stay_flat(value: int) -> None:
    flat = np.full((64, 80, 3), value, np.uint8)
    np.testing.assert_array_equal(align_spectrum(flat, flat, 0.0), flat)


def test_grey_stays_grey(photo: ImageU8) -> None:
    grey: npt.NDArray[np.uint8] = np.repeat(photo[..., :1], 3, axis=-1)
    aligned = align_spectrum(grey, _smooth(grey), 0.2)
    assert (aligned == aligned[..., :1]).all()
