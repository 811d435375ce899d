import numpy as np
import pytest

from fakelens.train.fakes.regions import LARGEST_SHARE, SMALLEST_SHARE, draw_region, soften


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 200), (120, 400)])
def test_a_region_covers_its_share(height: int, width: int) -> None:
    shares = [draw_region(height, width, np.random.default_rng(seed)).mean() for seed in range(60)]
    assert SMALLEST_SHARE <= min(shares) < 0.06
    assert 0.2 < max(shares) <= LARGEST_SHARE


def test_regions_are_of_many_shapes_and_places() -> None:
    masks = {draw_region(80, 80, np.random.default_rng(seed)).tobytes() for seed in range(40)}
    assert len(masks) == 40
    assert (
        draw_region(80, 80, np.random.default_rng(7)) == draw_region(80, 80, np.random.default_rng(7))
    ).all()


def test_some_edges_are_soft_and_none_reaches_beyond_its_region() -> None:
    soft = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        mask = draw_region(120, 120, rng)
        alpha = soften(mask, rng)
        assert alpha.min() == 0.0
        assert 0.9 < alpha.max() <= 1.0
        assert not alpha[~mask].any()
        soft += bool(((alpha > 0.0) & (alpha < 1.0)).any())
    assert 5 < soft < 25
