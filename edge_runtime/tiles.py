"""Where the tiles of an image lie, and what their scores say together; apps follow the same rules."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.contract import InputSpec, Pool

# A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
_SUREST = 1 / 512
_TOP_SHARE = 4  # the highest quarter


@dataclass(frozen=True, kw_only=True)
class Region:
    """A tile of an image, and what the model says of it alone."""

    left: int  # px, of the upright image
    top: int
    size: int  # px; it may reach over the edge of an image smaller than a tile
    p_fake: float


def place_tiles(width: int, height: int, spec: InputSpec) -> list[tuple[int, int]]:
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


def pool_scores(p_fake: npt.NDArray[np.floating], pool: Pool) -> float:
    """Return P(fake) of an image from that of its tiles [n], by the mean of all or of the highest logits."""
    clipped = np.clip(np.asarray(p_fake, np.float64), _SUREST, 1 - _SUREST)
    logits = np.sort(np.log(clipped / (1 - clipped)))
    if pool is Pool.TOP:
        logits = logits[-max(1, len(logits) // _TOP_SHARE) :]
    return float(1 / (1 + np.exp(-logits.mean())))


def _spread(room: int, count: int) -> list[int]:
    if room <= 0:
        return [0]
    return [room // 2] if count == 1 else [step * room // (count - 1) for step in range(count)]
