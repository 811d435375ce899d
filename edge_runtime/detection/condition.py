"""Is there anything left to see in a picture? What scaling and compression erased, no model can judge.

A few windows of the picture are looked at, in whole grey levels, so that every port finds the same numbers.
Source of the two statistics: Sieve (Phineas1500/sieve-ai-image-detector), docs/degradation-gate.md.
"""

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
_MOST_TIMES = 2  # what the windows have, of a piece that is cut for them
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


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Where the windows of pictures of one size lie, and what their steps are counted by."""

    lefts: tuple[int, ...]  # px, of the columns of windows
    tops: tuple[int, ...]
    width: int  # px, of a window
    height: int
    phases: tuple[npt.NDArray[np.int64], ...]  # down and right, of the 1-px steps as `_sum_steps` has them
    numbers: npt.NDArray[np.int64]  # [2, 8], of the 1-px steps into each phase
    far: int  # number of the 2-px steps


def measure_condition(image: Image.Image) -> Condition:
    """Return the condition of an upright RGB `image`, from at most 16 windows of 96 px of it.

    They lie as tiles of that size would, cut off at the edge of a smaller picture. Steps go right and down.
    A block border lies before every eighth column, and row, of the picture; since pictures are cropped, the
    phase of the eight whose steps are the largest is taken, the lowest of equals.
    """
    plan = _plan_windows(*image.size)
    luma = _cut_luma(image, plan)
    steps = np.empty_like(luma)  # one for all: each array is a part of a small picture's time
    far = sum(float(_sum_steps(luma, axis, 2, steps).sum()) for axis in (0, 1))
    sums = np.array(
        [np.bincount(plan.phases[axis], _sum_steps(luma, axis, 1, steps), _BLOCK) for axis in (0, 1)]
    )
    texture = _divide(sums.sum(), plan.numbers.sum()) or 0.0
    step = _divide(far, plan.far)
    return Condition(
        side=min(image.size),
        texture=texture,
        sharpness=texture / step if step else None,
        blocking=_compare_borders(sums, plan.numbers),
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


# Pictures of a folder are often of few sizes.
@lru_cache(maxsize=32)
def _plan_windows(width: int, height: int) -> _Plan:
    places = place_tiles(width, height, WINDOWS)
    size = min(WINDOWS.size, height), min(WINDOWS.size, width)  # of a window, down and right
    starts = tuple(np.array([place[1 - axis] for place in places]) for axis in (0, 1))
    phases = tuple(
        (np.add.outer(starts[axis], np.arange(size[axis] - 1)).ravel() + 1) % _BLOCK for axis in (0, 1)
    )
    return _Plan(
        lefts=tuple(dict.fromkeys(left for left, _ in places)),
        tops=tuple(dict.fromkeys(top for _, top in places)),
        width=size[1],
        height=size[0],
        phases=phases,
        numbers=np.array([size[1 - axis] * np.bincount(phases[axis], minlength=_BLOCK) for axis in (0, 1)]),
        far=sum(len(places) * max(0, size[axis] - 2) * size[1 - axis] for axis in (0, 1)),
    )


def _cut_luma(image: Image.Image, plan: _Plan) -> npt.NDArray[np.int16]:
    """Return the luma of the windows of `plan`: [row, y, column, x].

    They come of the whole picture, or of a piece for each row, where that is at most twice as much as they
    are: each piece has its cost.
    """
    luma = np.empty((len(plan.tops), plan.height, len(plan.lefts), plan.width), np.int16)
    picture = to_luma(image) if image.width * image.height <= _MOST_TIMES * luma.size else None
    span = plan.lefts[-1] + plan.width - plan.lefts[0]
    columns = len(plan.lefts) if span <= _MOST_TIMES * len(plan.lefts) * plan.width else 1  # of a piece
    for row, top in zip(luma, plan.tops, strict=True):
        for first in range(0, len(plan.lefts), columns):
            own = plan.lefts[first : first + columns]
            box = own[0], top, own[-1] + plan.width, top + plan.height
            piece = to_luma(image.crop(box)) if picture is None else picture[top : box[3], own[0] :]
            for column, left in enumerate(own, first):
                row[:, column] = piece[:, left - own[0] : left - own[0] + plan.width]
    return luma


def _sum_steps(
    luma: npt.NDArray[np.int16], axis: int, distance: int, steps: npt.NDArray[np.int16]
) -> npt.NDArray[np.int16]:
    """Return the sum of the absolute steps from each line [lines of all windows, row by row].

    `luma` is [row, y, column, x]; a step goes down, or with `axis` 1 to the right, to the pixel that lies
    `distance` further on. They are written to `steps`, an array like `luma`. The sum of a line fits 16 bits:
    a window has 96 px a side.
    """
    if axis == 0:
        down = np.subtract(luma[:, distance:], luma[:, :-distance], out=steps[:, distance:])
        return np.asarray(np.einsum("rycx->rcy", np.abs(down, out=down)).ravel(), np.int16)
    # As one line of pixels: the steps from the end of a line to the next are left out of the sums.
    pixels, right = luma.reshape(-1), steps.reshape(-1)[:-distance]
    np.abs(np.subtract(pixels[distance:], pixels[:-distance], out=right), out=right)
    sums = np.add.reduce(steps, axis=1, dtype=np.int16)
    return np.asarray(sums[..., : max(0, luma.shape[-1] - distance)].ravel(), np.int16)


def _compare_borders(sums: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64]) -> float | None:
    """Return the mean step across the borders of blocks over that elsewhere.

    `sums` and `numbers` are those of the 1-px steps, down and right, into each phase: [2, 8].
    """
    means = sums / np.maximum(numbers, 1)  # into a phase without steps the sum is 0
    at = (np.arange(2), means.argmax(axis=1))
    border = sums[at].sum(), numbers[at].sum()
    across = _divide(*border)
    inside = _divide(sums.sum() - border[0], numbers.sum() - border[1])
    return None if across is None or inside is None else across / max(inside, _LEAST_STEP)


def _divide(total: float, number: float) -> float | None:
    return float(total / number) if number else None
