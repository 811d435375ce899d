"""Places of the tiles in an image, and the pooling of their scores; apps follow the same rules."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.modelfile.contract import FitSpec, Fusion, Pool

# A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
_SUREST = 1 / 512
_TOP_SHARE = 4  # the highest quarter
# Of a tile's texture, in grey levels a px, when it weighs the tile: a flat one still says something, and
# beyond the upper end more texture is no more evidence.
LEAST_TEXTURE, MOST_TEXTURE = 1.0, 8.0

Weights = npt.NDArray[np.float64]  # of tiles


@dataclass(frozen=True, kw_only=True)
class Region:
    """A tile of an image, and what the model says of it alone."""

    left: int  # px, of the upright image
    top: int
    size: int  # px; it may reach over the edge of an image smaller than a tile
    p_fake: float


def place_tiles(width: int, height: int, spec: FitSpec) -> list[tuple[int, int]]:
    """Return left and top, px, of the tiles of an image of `width` x `height` px, row by row.

    As many columns and rows as fit side by side; while that is over `spec.tiles`, the direction whose tiles
    stand closer loses one. They are spread from edge to edge, a single one stands in the middle. An image
    smaller than a tile has it at 0 (see `preprocess.cut_tiles`).
    """
    columns, rows = max(1, width // spec.size), max(1, height // spec.size)
    while columns * rows > spec.tiles:
        if rows == 1 or (columns > 1 and width * rows <= height * columns):
            columns -= 1
        else:
            rows -= 1
    lefts, tops = (_spread(side - spec.size, n) for side, n in ((width, columns), (height, rows)))
    return [(left, top) for top in tops for left in lefts]


def place_grid(width: int, height: int, size: int, most: int) -> list[tuple[int, int]]:
    """Return left and top, px, of tiles of `size` px that overlap by half, spread from edge to edge.

    Where that would be over `most` they stand farther apart, both ways alike. For maps, not for verdicts.
    """
    step = max(1, size // 2)
    while True:
        columns, rows = (max(0, -(-(side - size) // step)) + 1 for side in (width, height))
        if columns * rows <= most:
            break
        step += max(1, step // 8)
    lefts, tops = (_spread(side - size, n) for side, n in ((width, columns), (height, rows)))
    return [(left, top) for top in tops for left in lefts]


def weigh_tiles(tiles_u8: npt.NDArray[np.uint8], pool: Pool) -> Weights | None:
    """Return what each tile of uint8 [n, size, size, 3] weighs in `pool` [n]; None for equal weights."""
    if pool is not Pool.TEXTURE:
        return None
    textures = [measure_texture(to_luma(Image.fromarray(tile))) for tile in tiles_u8]
    return np.asarray(np.clip(textures, LEAST_TEXTURE, MOST_TEXTURE), np.float64)


def to_luma(image: Image.Image) -> npt.NDArray[np.int16]:
    """Return the luma of an RGB image in whole grey levels: (19595 R + 38470 G + 7471 B + 32768) >> 16."""
    return np.asarray(image.convert("L"), np.int16)


def measure_texture(luma: npt.NDArray[np.int16]) -> float:
    """Return the mean absolute step from a pixel to its right and lower neighbours, in grey levels.

    A sum of integers over their number, so that every port gives the same double.
    """
    steps = [np.abs(np.diff(luma, axis=axis)) for axis in (0, 1)]
    count = sum(step.size for step in steps)
    return sum(int(step.sum(dtype=np.int64)) for step in steps) / count if count else 0.0


def pool_scores(p_fake: npt.NDArray[np.floating], pool: Pool, weights: Weights | None = None) -> float:
    """Return P(fake) of an image from that of its tiles [n], by a mean of their logits.

    Of all of them, of the highest quarter, or of all with the `weights` [n] of `weigh_tiles`.
    """
    logits = np.sort(to_logit(p_fake)) if weights is None else to_logit(p_fake)
    if pool is Pool.TOP:
        logits = logits[-max(1, len(logits) // _TOP_SHARE) :]
    if weights is not None:
        return to_probability(float(np.sum(weights * logits) / np.sum(weights)))
    return to_probability(float(logits.mean()))


def fuse_views(p_fake: Sequence[float], fusion: Fusion) -> float:
    """Return P(fake) of an image from what its views say of it, in their order."""
    return fuse_logits(to_logit(np.array(p_fake)), fusion)


def fuse_logits(logits: npt.NDArray[np.float64], fusion: Fusion) -> float:
    """Return P(fake) of an image from the logit of each of its views, in their order."""
    pairs = zip(fusion.weights, logits, strict=True)
    return to_probability(fusion.bias + sum(weight * float(logit) for weight, logit in pairs))


def to_logit(p_fake: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return log(p / (1 - p)) of each P(fake), clipped to [1/512, 511/512]."""
    clipped = np.clip(np.asarray(p_fake, np.float64), _SUREST, 1 - _SUREST)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def to_probability(logit: float) -> float:
    """Return 1 / (1 + exp(-logit))."""
    return float(1 / (1 + np.exp(-logit)))


def _spread(room: int, count: int) -> list[int]:
    if room <= 0:
        return [0]
    return [room // 2] if count == 1 else [step * room // (count - 1) for step in range(count)]
