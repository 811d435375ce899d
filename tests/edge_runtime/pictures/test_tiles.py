import numpy as np
import pytest

from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec, Pool
from fakelens.edge_runtime.pictures.tiles import place_tiles, pool_scores

SPEC = InputSpec(size=10, fit=Fit.TILES, tiles=6)


@pytest.mark.parametrize(
    ("width", "height", "places"),
    [
        (10, 10, [(0, 0)]),
        (3, 25, [(0, 0), (0, 15)]),  # narrower than a tile
        (19, 19, [(4, 4)]),  # one fits, in the middle
        (25, 20, [(0, 0), (15, 0), (0, 10), (15, 10)]),  # all that fit
        (100, 100, [(0, 0), (90, 0), (0, 45), (90, 45), (0, 90), (90, 90)]),  # no more than the limit
        (1000, 10, [(0, 0), (198, 0), (396, 0), (594, 0), (792, 0), (990, 0)]),
    ],
)
def test_tiles_are_spread_from_edge_to_edge(width: int, height: int, places: list[tuple[int, int]]) -> None:
    assert place_tiles(width, height, SPEC) == places


@pytest.mark.parametrize("tiles", [1, 2, 7, 16, 100])
@pytest.mark.parametrize("size", [(4000, 3000), (640, 480), (61, 500), (96, 97)])
def test_the_limit_holds_and_every_tile_is_inside(size: tuple[int, int], tiles: int) -> None:
    places = place_tiles(*size, InputSpec(size=60, fit=Fit.TILES, tiles=tiles))
    assert 1 <= len(places) <= tiles
    assert len(set(places)) == len(places)
    for left, top in places:
        assert 0 <= left <= size[0] - 60
        assert 0 <= top <= size[1] - 60


def test_a_mean_is_of_logits() -> None:
    logits = np.array([-2.0, 0.5, 3.0])
    p_fake = 1 / (1 + np.exp(-logits))
    assert pool_scores(p_fake, Pool.MEAN) == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert pool_scores(p_fake[:1], Pool.MEAN) == pytest.approx(p_fake[0])


def test_the_top_quarter_decides_where_a_picture_is_fake_in_places() -> None:
    p_fake = np.array([0.1] * 6 + [0.9, 0.9])
    assert pool_scores(p_fake, Pool.TOP) == pytest.approx(0.9)
    assert pool_scores(p_fake[:3], Pool.TOP) == pytest.approx(0.1)
    assert pool_scores(p_fake, Pool.MEAN) < 0.4


def test_no_saturated_tile_outvotes_all_others() -> None:
    pooled = pool_scores(np.array([0.0] + [0.999] * 9), Pool.MEAN)
    assert 0.5 < pooled < 1
