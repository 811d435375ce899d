"""The pictures of a split during training: copied into memory, or read from the cache row by row."""

import os
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import ImageCache

_SHARE = 0.25  # of the free memory, that pictures take by themselves


class RowView:
    """Some rows of `images`, read when they are indexed; with as much of an array as training needs."""

    def __init__(self, images: ImageU8, rows: npt.NDArray[np.int64]) -> None:
        self._images, self._rows = images, rows
        self.shape: tuple[int, ...] = (len(rows), *images.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> ImageU8:
        return np.asarray(self._images[self._rows[index]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        del copy  # what is read is a copy
        return np.asarray(self._images[self._rows], dtype)


Images: TypeAlias = ImageU8 | RowView  # uint8 [n, size, size, 3]


def choose_cache(size_bytes: int) -> ImageCache:
    """Return where pictures of `size_bytes` go that nobody placed: in memory where there is plenty of it."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return ImageCache.MEMORY if size_bytes <= _SHARE * free else ImageCache.DISK
