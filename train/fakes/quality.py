"""Distance of regenerated tiles from their originals."""

from dataclasses import dataclass

import numpy as np

from fakelens.edge_runtime.pictures.preprocess import ImageU8


@dataclass(frozen=True, kw_only=True)
class PairQuality:
    """Over all pixels of all pairs."""

    difference: float  # mean |fake - real|, grey levels
    psnr_db: float
    sharpness: float  # gradient magnitude of the fakes over that of the reals: below 1 they are blurrier


class QualityMeter:
    """Adds up pairs of tiles."""

    def __init__(self) -> None:
        self._values = 0
        self._absolute = self._squared = self._real_gradient = self._fake_gradient = 0.0

    def add(self, real: ImageU8, fake: ImageU8) -> None:
        """Take in one pair, uint8 [h, w, 3] each."""
        error = fake.astype(np.float64) - real
        self._values += error.size
        self._absolute += float(np.abs(error).sum())
        self._squared += float(np.square(error).sum())
        self._real_gradient += _sum_gradients(real)
        self._fake_gradient += _sum_gradients(fake)

    def result(self) -> PairQuality:
        """Return the figures of the pairs so far; there must be one."""
        squared = max(self._squared / self._values, 1e-10)
        return PairQuality(
            difference=self._absolute / self._values,
            psnr_db=float(10.0 * np.log10(255.0**2 / squared)),
            sharpness=self._fake_gradient / max(self._real_gradient, 1e-10),
        )


def _sum_gradients(image: ImageU8) -> float:
    pixels = image.astype(np.float64)
    return float(np.abs(np.diff(pixels, axis=0)).sum() + np.abs(np.diff(pixels, axis=1)).sum())
