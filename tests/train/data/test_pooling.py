import numpy as np
import pytest

from fakelens.edge_runtime.modelfile.contract import Pool
from fakelens.edge_runtime.pictures.tiles import pool_scores
from fakelens.train.data.pooling import group_images

OWNERS = np.array([7, 7, 3, 3, 3, 9])
LABELS = np.array([1, 1, 0, 0, 0, 1], np.uint8)


def test_tiles_are_grouped_by_their_image() -> None:
    judged = group_images(OWNERS, LABELS)
    assert [rows.tolist() for rows in judged.groups] == [[2, 3, 4], [0, 1], [5]]
    assert judged.labels.tolist() == [0, 1, 1]


def test_images_get_the_score_that_check_gives() -> None:
    p_fake = np.array([0.2, 0.9, 0.1, 0.4, 0.3, 0.7])
    pooled = group_images(OWNERS, LABELS).pool(p_fake, Pool.MEAN)
    expected = [pool_scores(p_fake[rows], Pool.MEAN) for rows in ([2, 3, 4], [0, 1], [5])]
    np.testing.assert_allclose(pooled, expected)


def test_whole_images_keep_their_scores() -> None:
    p_fake = np.array([0.0, 1.0, 0.3])
    pooled = group_images(np.arange(3), np.array([0, 1, 1], np.uint8)).pool(p_fake, Pool.TOP)
    np.testing.assert_array_equal(pooled, p_fake)


@pytest.mark.parametrize(("fake_tiles", "pool"), [([0.9] + [0.4] * 7, Pool.TOP), ([0.6] * 8, Pool.MEAN)])
def test_the_pool_is_the_one_that_tells_best(fake_tiles: list[float], pool: Pool) -> None:
    real_tiles = [0.55] + [0.5] * 7 if pool is Pool.TOP else [0.7] + [0.45] * 7
    owners = np.repeat([0, 1], 8)
    judged = group_images(owners, np.repeat([0, 1], 8).astype(np.uint8))
    assert judged.choose_pool(np.array(real_tiles + fake_tiles)) is pool
