"""Small pictures for test vectors: every case of the tile rule and of resizing, few bytes as PNG.

Drawn rather than photographed, so that they have no owner. What they show is nothing; what matters is that
a wrong byte, a wrong tile or a wrong order of colours changes the model's answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec
from fakelens.edge_runtime.pictures.preprocess import ImageU8

# Random parts repeat with this period, which PNG compresses where so many rows fit into the 32 KiB that it
# looks back, up to some 640 px across; as primes, no two tiles begin alike.
_PERIOD = (17, 37)  # px, down and across
_VARIANTS = 4

Drawn = npt.NDArray[np.int64]


class Pattern(StrEnum):
    """What a picture shows."""

    NOISE = "noise"  # coloured, of few levels
    RAMP = "ramp"  # smooth, another slope for each colour
    WAVES = "waves"  # smooth and curved
    CLOUDS = "clouds"  # noise made smooth, as objects out of focus are
    BLOCKS = "blocks"  # noise enlarged by repetition, the trace of a naive up-sampling
    GRAIN = "grain"  # a ramp with the noise of a sensor
    PATCH = "patch"  # a ramp with noise in one corner: its tiles differ
    BALLS = "balls"  # shaded on a plain ground, as a renderer draws them


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to draw."""

    pattern: Pattern
    width: int  # px
    height: int
    variant: int = 1  # 1 and up: how coarse or how strong

    @property
    def name(self) -> str:
        """How it is called in a file name."""
        return f"{self.pattern}-{self.width}x{self.height}"


def list_pictures(spec: InputSpec) -> Iterator[Picture]:
    """Yield the pictures that exercise what `spec` asks of an app."""
    sizes = _list_tiled(spec) if spec.fit is Fit.TILES else _list_resized(spec.size)
    for pattern, width, height in sizes:
        yield Picture(pattern=pattern, width=max(1, width), height=max(1, height))


def list_candidates(size: int) -> Iterator[Picture]:
    """Yield pictures of `size` px, of every pattern in several variants."""
    for pattern in Pattern:
        for variant in range(1, _VARIANTS + 1):
            yield Picture(pattern=pattern, width=size, height=size, variant=variant)


def draw_picture(picture: Picture) -> ImageU8:
    """Return `picture`: uint8 [height, width, 3], the same bytes each time."""
    width, height, variant = picture.width, picture.height, picture.variant
    ramp = _draw_ramp(width, height, variant)
    match picture.pattern:
        case Pattern.NOISE:
            drawn = _repeat(_draw_noise(variant), width, height)
        case Pattern.WAVES:
            drawn = _repeat(_draw_wave(variant), width, height)
        case Pattern.CLOUDS:
            drawn = _repeat(_draw_clouds(variant), width, height)
        case Pattern.BLOCKS:
            blocks = _random(256).repeat(variant + 1, axis=0).repeat(variant + 1, axis=1)
            drawn = _repeat(blocks, width, height)
        case Pattern.GRAIN:
            drawn = ramp // 2 + 50 + _repeat(_random(3 * variant + 1)[..., :1], width, height)
        case Pattern.PATCH:
            drawn = ramp.copy()
            rows, columns = -(-height // 3), -(-width // 3)
            drawn[:rows, :columns] = _repeat(_draw_noise(variant), columns, rows)
        case Pattern.BALLS:
            drawn = _draw_balls(width, height, variant)
        case Pattern.RAMP:
            drawn = ramp
    return drawn.astype(np.uint8)


def _list_tiled(spec: InputSpec) -> Iterator[tuple[Pattern, int, int]]:
    """Yield sizes around one tile, then several tiles, then more than the model may look at."""
    size = spec.size
    yield Pattern.NOISE, size, size
    yield Pattern.WAVES, size + 1, size + 1  # one tile in the middle, rounded down
    yield Pattern.RAMP, 2 * size - 1, size + size // 2  # still one
    yield Pattern.WAVES, size - size // 4, size - size // 3  # mirrored beyond its edges
    yield Pattern.NOISE, 3 * size + 7, size - 9  # the same in one direction alone
    yield Pattern.BLOCKS, 3, 2  # mirrored many times over
    yield Pattern.NOISE, 2 * size, 2 * size  # side by side without a gap
    yield Pattern.PATCH, 3 * size + 17, 2 * size + 9
    yield Pattern.CLOUDS, size + 1, 4 * size + 3
    fits = 1
    while fits * (fits + 1) <= spec.tiles:
        fits += 1
    yield Pattern.PATCH, (fits + 1) * size + 13, fits * size + 5  # over the limit, broad
    yield Pattern.RAMP, fits * size + 11, (fits + 2) * size - 1  # and high


def _list_resized(size: int) -> Iterator[tuple[Pattern, int, int]]:
    """Yield the model's own size, then larger, smaller and other proportions."""
    yield Pattern.NOISE, size, size
    yield Pattern.GRAIN, size, size
    yield Pattern.NOISE, size + 1, size + 1
    yield Pattern.BLOCKS, 2 * size, 2 * size
    yield Pattern.WAVES, 3 * size + 7, 2 * size - 5
    yield Pattern.CLOUDS, size - 3, 5 * size + 1  # enlarged one way, reduced the other
    yield Pattern.PATCH, min(10 * size, size + 600), min(7 * size, size + 400)  # much larger
    yield Pattern.NOISE, size // 2, size // 3
    yield Pattern.RAMP, size - 1, size + 9
    yield Pattern.BLOCKS, 3, 2


def _random(levels: int) -> Drawn:
    """Return one period of coloured noise of values below `levels`."""
    return np.random.default_rng(levels).integers(0, levels, (*_PERIOD, 3))


def _repeat(patch: Drawn, width: int, height: int) -> Drawn:
    rows, columns = -(-height // patch.shape[0]), -(-width // patch.shape[1])
    return np.tile(patch, (rows, columns, 1))[:height, :width]


def _draw_noise(variant: int) -> Drawn:
    levels = variant + 2
    return _random(levels) * (255 // (levels - 1))


def _draw_ramp(width: int, height: int, variant: int) -> Drawn:
    down, across = np.mgrid[:height, :width] * variant
    slopes = (across * 3 + down) // 4, (across + down * 2) // 3, 255 - (across + down) // 2
    return np.stack([slope % 256 for slope in slopes], axis=-1)


def _draw_wave(variant: int) -> Drawn:
    down, across = np.mgrid[: _PERIOD[0], : _PERIOD[1]]
    colours = []
    for count in (1, 2, 3):  # waves in a period
        turn = 2 * np.pi * variant
        swing = np.sin(turn * count * across / _PERIOD[1]) * np.cos(turn * down / _PERIOD[0])
        colours.append(np.rint(128 + 100 * swing))
    return np.stack(colours, axis=-1).astype(np.int64)


def _draw_balls(width: int, height: int, variant: int) -> Drawn:
    rng = np.random.default_rng(variant)
    down, across = np.mgrid[:height, :width]
    drawn = np.full((height, width, 3), 240)
    for _ in range(4 * variant):
        radius = int(rng.integers(min(width, height) // 12 + 1, min(width, height) // 3 + 2))
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        high = radius**2 - (across - x) ** 2 - (down - y) ** 2
        depth = np.sqrt(np.maximum(high, 0))
        light = np.rint(5 * (depth + (x - across + y - down) / 2) / radius) + 4  # in few steps, for PNG
        colour = rng.integers(30, 255, 3)
        drawn = np.where(high[..., None] > 0, light[..., None] * colour // 9, drawn)
    return np.asarray(np.clip(drawn, 0, 255), np.int64)


def _draw_clouds(variant: int) -> Drawn:
    """Return noise averaged over squares that reach around its edges, its contrast restored."""
    reach = 2 * variant
    noise = _random(256) - 128
    for axis in (0, 1):
        noise = np.sum([np.roll(noise, step, axis) for step in range(reach)], axis=0)
    return np.clip(128 + noise // reach, 0, 255)
