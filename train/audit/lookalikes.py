"""Near duplicates: pictures that look alike though their bytes and pixels differ, as after recompression.

Two 64-bit hashes of the grey picture must agree: that of its lowest frequencies (pHash) and that of its
gradients (dHash). Either alone takes pictures of plain things for each other. Flat pictures have no hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import dctn

from fakelens.edge_runtime.pictures.preprocess import ImageU8

_SIDE = 32  # px, of the picture that the frequencies are taken of
_KEPT = 8  # frequencies along each side
_FLAT_BELOW = 8.0  # standard deviation, grey levels
_MOST_BITS = (8, 10)  # of 64 that may differ: lowest frequencies, gradients
_CHUNK = 256  # pictures compared with all others at a time
_BYTE_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1).astype(np.uint8)

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What a picture looks like."""

    frequencies: bytes  # 8 each
    gradients: bytes


def describe_look(pixels: ImageU8) -> Likeness | None:
    """Return the hashes of a picture, uint8 [h, w, 3]; None where it is flat."""
    grey = Image.fromarray(pixels).convert("L")
    small = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
    if small.std() < _FLAT_BELOW:
        return None
    low = dctn(small, norm="ortho")[:_KEPT, :_KEPT].ravel()
    steps = np.asarray(grey.resize((_KEPT + 1, _KEPT), Image.Resampling.BOX), np.int64)
    return Likeness(
        frequencies=np.packbits(low > np.median(low)).tobytes(),
        gradients=np.packbits(np.diff(steps, axis=1) > 0).tobytes(),
    )


def find_lookalikes(looks: Sequence[Likeness | None]) -> list[tuple[int, int]]:
    """Return the pairs of places whose pictures look alike, the smaller place first."""
    places = np.array([place for place, look in enumerate(looks) if look is not None], np.int64)
    known = [look for look in looks if look is not None]
    low = _stack([look.frequencies for look in known])
    steps = _stack([look.gradients for look in known])
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(known), _CHUNK):
        part = slice(start, start + _CHUNK)
        rows, columns = np.nonzero(_count_bits(low[part], low[start:]) <= _MOST_BITS[0])
        later = columns > rows
        rows, columns = rows[later] + start, columns[later] + start
        alike = _BYTE_BITS[steps[rows] ^ steps[columns]].sum(axis=1) <= _MOST_BITS[1]
        pairs += zip(places[rows[alike]].tolist(), places[columns[alike]].tolist(), strict=True)
    return pairs


def _stack(hashes: Sequence[bytes]) -> Bits:
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), 8)


def _count_bits(ours: Bits, theirs: Bits) -> Bits:
    """Return how many bits differ, [ours, theirs]."""
    counts = np.zeros((len(ours), len(theirs)), np.uint8)
    for byte in range(8):
        counts += _BYTE_BITS[ours[:, byte, None] ^ theirs[None, :, byte]]
    return counts
