"""Is there anything left to see in a picture? What scaling and compression erased, no model can judge.

A few windows of the picture are looked at, in whole grey levels, so that every port finds the same numbers.
Source of the two statistics: Sieve (Phineas1500/sieve-ai-image-detector), docs/degradation-gate.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.modelfile.contract import ConditionLimits, Fit, FitSpec
from fakelens.edge_runtime.pictures.tiles import place_tiles, to_luma

WINDOWS = FitSpec(size=96, fit=Fit.TILES, tiles=16)
_BLOCK = 8  # px, of JPEG
_WIDEST = 2  # times the windows of a row together, of a piece that is cut for them
_LEAST_STEP = 1 / 64  # grey levels: blocks may be flat inside


class Reason(StrEnum):
    """Why there is nothing left to see."""

    SMALL = "small"
    FLAT = "flat"
    ENLARGED = "enlarged"
    COMPRESSED = "compressed"

    @property
    def text(self) -> str:
        """What to tell a user."""
        return _TEXTS[self]


_TEXTS = {
    Reason.SMALL: "too small to judge",
    Reason.FLAT: "too flat to judge, hardly any texture",
    Reason.ENLARGED: "enlarged beyond its resolution, nothing left to see",
    Reason.COMPRESSED: "compressed into blocks, nothing left to see",
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is left of a picture's fine structure."""

    side: int  # px, the shorter one
    texture: float  # mean absolute step to the next pixel, grey levels
    sharpness: float | None  # d12: that, over the mean step to the pixel after the next; None where it is 0
    blocking: float | None  # mean step across the borders of 8-px blocks over that elsewhere, which counts as
    # 1/64 at least; None where a picture is too small for both


def measure_condition(image: Image.Image) -> Condition:
    """Return the condition of an upright RGB `image`, from at most 16 windows of 96 px of it.

    They lie as tiles of that size would, cut off at the edge of a smaller picture. Steps go right and down.
    A block border lies before every eighth column, and row, of the picture; since pictures are cropped, the
    phase of the eight whose steps are the largest is taken, the lowest of equals.
    """
    places = place_tiles(*image.size, WINDOWS)
    width, height = (min(WINDOWS.size, side) for side in image.size)
    luma = _cut_luma(image, places, (width, height))
    near, far = np.zeros(2), np.zeros(2)  # sum and number of the steps over 1 and 2 px
    phases = np.zeros((2, 2, _BLOCK))  # down and right; sum and number of the 1-px steps into each phase
    for axis, starts in ((0, tuple(y for _, y in places)), (1, tuple(x for x, _ in places))):
        lines, across = (height, width) if axis == 0 else (width, height)
        far += _sum_steps(luma, axis, 2).sum(), len(places) * max(0, lines - 2) * across
        sums = _sum_steps(luma, axis, 1)
        near += sums.sum(), sums.size * across
        into = _list_phases(starts, lines - 1)
        phases[axis] = np.bincount(into, sums, _BLOCK), across * _count_phases(starts, lines - 1)
    texture = _divide(*near) or 0.0
    step = _divide(*far)
    return Condition(
        side=min(image.size),
        texture=texture,
        sharpness=texture / step if step else None,
        blocking=_compare_borders(phases),
    )


def find_reason(condition: Condition, limits: ConditionLimits | None) -> Reason | None:
    """Return the first reason why there is nothing left to see; None where there is something."""
    if limits is None:
        return None
    checks = (
        (Reason.SMALL, condition.side, limits.least_side, -1),
        (Reason.FLAT, condition.texture, limits.least_texture, -1),
        (Reason.COMPRESSED, condition.blocking, limits.most_blocking, 1),  # before: flat blocks look enlarged
        (Reason.ENLARGED, condition.sharpness, limits.least_sharpness, -1),
    )
    for reason, value, limit, side in checks:
        if value is not None and limit is not None and (value < limit if side < 0 else value >= limit):
            return reason
    return None


def _cut_luma(
    image: Image.Image, places: Sequence[tuple[int, int]], size: tuple[int, int]
) -> npt.NDArray[np.int16]:
    """Return the luma of the windows of `size` at `places`, a grid row by row: [row, y, column, x].

    A row of them is cut in one piece unless that is over twice as wide as they are: each piece has its cost.
    """
    width, height = size
    lefts, tops = (list(dict.fromkeys(place[axis] for place in places)) for axis in (0, 1))
    luma = np.empty((len(tops), height, len(lefts), width), np.int16)
    whole = lefts[-1] + width - lefts[0] <= _WIDEST * len(lefts) * width
    columns = len(lefts) if whole else 1  # of a piece
    for row, top in zip(luma, tops, strict=True):
        for first in range(0, len(lefts), columns):
            own = lefts[first : first + columns]
            piece = to_luma(image.crop((own[0], top, own[-1] + width, top + height)))
            for column, left in enumerate(own, first):
                row[:, column] = piece[:, left - own[0] : left - own[0] + width]
    return luma


def _sum_steps(luma: npt.NDArray[np.int16], axis: int, distance: int) -> npt.NDArray[np.int16]:
    """Return the sum of the absolute steps from each line [lines of all windows, row by row].

    `luma` is [row, y, column, x]; a step goes down, or with `axis` 1 to the right, to the pixel that lies
    `distance` further on. The sum of a line fits 16 bits: a window has 96 px a side.
    """
    if axis == 0:
        steps = luma[:, distance:] - luma[:, :-distance]
        return np.asarray(np.einsum("rycx->rcy", np.abs(steps, out=steps)).ravel(), np.int16)
    # As one line of pixels: the steps from the end of a line to the next are left out of the sums.
    pixels, steps = luma.reshape(-1), np.zeros_like(luma)
    flat = np.subtract(pixels[distance:], pixels[:-distance], out=steps.reshape(-1)[:-distance])
    np.abs(flat, out=flat)
    sums = np.add.reduce(steps, axis=1, dtype=np.int16)
    return np.asarray(sums[..., : max(0, luma.shape[-1] - distance)].ravel(), np.int16)


# Pictures of a folder are often of few sizes.
@lru_cache(maxsize=32)
def _list_phases(starts: tuple[int, ...], steps: int) -> npt.NDArray[np.int64]:
    """Return the phase of the blocks' grid that each of `steps` from each of `starts` goes into."""
    return (np.add.outer(starts, np.arange(steps)).ravel() + 1) % _BLOCK


@lru_cache(maxsize=32)
def _count_phases(starts: tuple[int, ...], steps: int) -> npt.NDArray[np.int64]:
    return np.bincount(_list_phases(starts, steps), minlength=_BLOCK)


def _compare_borders(phases: npt.NDArray[np.float64]) -> float | None:
    sums, numbers = phases[:, 0], phases[:, 1]
    means = sums / np.maximum(numbers, 1)  # into a phase without steps the sum is 0
    at = (np.arange(2), slice(None), means.argmax(axis=1))
    border = phases[at].sum(axis=0)
    elsewhere = phases.sum(axis=(0, 2)) - border
    across, inside = _divide(*border), _divide(*elsewhere)
    return None if across is None or inside is None else across / max(inside, _LEAST_STEP)


def _divide(total: float, number: float) -> float | None:
    return float(total / number) if number else None
