"""Giving a fake the sharpness of its original, so that a detector has to look for the trace itself.

A decoder that has to give photos back smooths them, and "smooth is fake" is the first thing that a detector
learns of such fakes; the pictures of real generators are as sharp as photos, and pass. After DDA (Chen et al.
2025): the fake is mixed with its original, pixel by pixel, and its spectrum is brought to the original's.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn

from fakelens.edge_runtime.pictures.preprocess import ImageU8

_BINS = 48  # rings of the spectrum up to the highest frequency along one side
_MOST_GAIN = 6.0  # what is hardly there is not blown up beyond that
_POWER_FLOOR = 1e-3  # squared grey levels: far below what rounding adds
_AXES = (0, 1)


def align_spectrum(photo: ImageU8, fake: ImageU8, share: float) -> ImageU8:
    """Return `fake`, uint8 [h, w, 3], with `share` (0..1) of `photo` in it and the ring spectrum of `photo`.

    The gain is one for each ring of frequencies, so the pattern that up-sampling leaves stays what it is.
    """
    mixed = fake + np.float32(share) * (photo.astype(np.float32) - fake)
    spectrum = dctn(mixed, axes=_AXES, norm="ortho")
    rings = _measure_rings(*photo.shape[:2])
    target = dctn(photo.astype(np.float32), axes=_AXES, norm="ortho")
    powers = (_average_power(one, rings) + _POWER_FLOOR for one in (target, spectrum))
    gain = np.clip(np.sqrt(np.divide(*powers)), 1 / _MOST_GAIN, _MOST_GAIN)
    gain = np.interp(rings, np.arange(len(gain)) + 0.5, gain).astype(np.float32)
    gain[0, 0] = 1.0  # the mean brightness is none of it
    aligned: npt.NDArray[np.float32] = idctn(spectrum * gain[..., None], axes=_AXES, norm="ortho")
    return np.clip(np.rint(aligned), 0, 255).astype(np.uint8)


def _measure_rings(height: int, width: int) -> npt.NDArray[np.float64]:
    """Return the ring of each coefficient, [h, w], with its fraction: `_BINS` ends a row."""
    rows, columns = np.arange(height) / height, np.arange(width) / width
    return _BINS * np.hypot(rows[:, None], columns)


def _average_power(
    spectrum: npt.NDArray[np.float32], rings: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the mean power of each ring of `spectrum`, [h, w, 3]."""
    numbers = rings.astype(np.intp).ravel()
    counts = np.maximum(np.bincount(numbers), 1)
    return np.bincount(numbers, np.square(spectrum).sum(axis=-1).ravel()) / counts
