import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.scoring.retouch import Retouch, retouch


def _draw(width: int = 120, height: int = 90) -> Image.Image:
    """Soft patches with grain, as photos are."""
    rng = np.random.default_rng(0)
    patches = Image.fromarray(rng.integers(30, 220, (6, 8, 3), dtype=np.uint8))
    soft = np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC), float)
    return Image.fromarray(np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255).astype(np.uint8))


def _measure_grain(image: Image.Image) -> float:
    planes = np.asarray(image, float)
    return float(np.abs(np.diff(planes, 2, axis=1)).mean())


@pytest.mark.parametrize("kind", Retouch)
def test_each_kind_keeps_the_size_changes_the_pixels_and_repeats(kind: Retouch) -> None:
    image = _draw()
    before = image.tobytes()
    for seed in range(4):
        one, other = (retouch(image, np.random.default_rng(seed), kind) for _ in range(2))
        assert (one.size, one.mode) == (image.size, "RGB")
        assert one.tobytes() == other.tobytes() != before
    assert image.tobytes() == before


@pytest.mark.parametrize("kind", Retouch)
@pytest.mark.parametrize("size", [(8, 8), (1, 40), (33, 2)])
def test_small_and_narrow_pictures_pass(kind: Retouch, size: tuple[int, int]) -> None:
    for seed in range(3):
        assert retouch(_draw(*size), np.random.default_rng(seed), kind).size == size


@pytest.mark.parametrize("kind", Retouch)
def test_a_retouched_photo_is_still_that_photo(kind: Retouch) -> None:
    image = np.asarray(_draw(), float)
    for seed in range(6):
        touched = np.asarray(retouch(_draw(), np.random.default_rng(seed), kind), float)
        if kind is not Retouch.ENLARGE:  # which shows the middle only
            assert np.corrcoef(image.ravel(), touched.ravel())[0, 1] > 0.6


def test_they_do_what_they_are_called() -> None:
    image = _draw()
    grain = _measure_grain(image)
    for kind in (Retouch.DENOISE, Retouch.SMOOTH, Retouch.BLUR, Retouch.THUMBNAIL, Retouch.ENLARGE):
        assert _measure_grain(retouch(image, np.random.default_rng(1), kind)) < grain
    for kind in (Retouch.SHARPEN, Retouch.NOISE):
        assert _measure_grain(retouch(image, np.random.default_rng(1), kind)) > grain


def test_without_a_kind_each_comes_up() -> None:
    image = _draw(32, 24)
    assert len({retouch(image, np.random.default_rng(seed)).tobytes() for seed in range(40)}) >= 37
