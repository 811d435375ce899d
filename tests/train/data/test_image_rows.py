from pathlib import Path

import numpy as np
import pytest

from fakelens.train.data.image_rows import ImageCache, RowView, choose_cache


def test_rows_are_read_as_an_array_of_them_would_be(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), np.uint8)
    np.save(tmp_path / "a.npy", whole)
    rows = np.array([3, 17, 5, 5])
    view = RowView(np.load(tmp_path / "a.npy", mmap_mode="r"), rows)
    chosen = whole[rows]
    assert (len(view), view.shape) == (4, chosen.shape)
    for index in (0, -1, slice(1, 3), np.array([2, 0, 0]), slice(0, 0)):
        np.testing.assert_array_equal(view[index], chosen[index])
        assert type(view[index]) is np.ndarray  # read, not mapped
    np.testing.assert_array_equal(np.asarray(view), chosen)


@pytest.mark.parametrize(("size", "cache"), [(0, ImageCache.MEMORY), (1 << 60, ImageCache.DISK)])
def test_what_is_large_stays_on_disk(size: int, cache: ImageCache) -> None:
    assert choose_cache(size) is cache
