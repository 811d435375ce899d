"""A handful of plain statistics of a picture: what a detector must beat to have learned anything."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.pictures.preprocess import ImageU8

_SIDE = 256  # px, of the middle that is measured; a multiple of JPEG's blocks
_BLOCK = 8  # px, of JPEG
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class PixelFacts:
    """Statistics of the middle of a picture, in grey levels unless a name says otherwise."""

    mean_red: float
    mean_green: float
    mean_blue: float
    contrast: float
    saturation: float
    saturation_spread: float
    gradient_across: float
    gradient_down: float
    fine_detail: float  # against the mean of the two neighbours
    fine_to_coarse: float  # share of the gradient that is fine detail
    colour_detail: float
    checkerboard: float  # differences that alternate in both directions, as up-sampling leaves
    odd_even: float  # how far columns and rows of odd and even number differ in fine detail
    grid_8px: float  # steps at JPEG's block borders over the steps between: 1 without blocks
    black_share: float
    white_share: float
    grey_levels_used: float  # share of 256


def measure_pixels(image_u8: ImageU8) -> PixelFacts:
    """Return the statistics of `image_u8` [height, width, 3]; 0 where it is too small to have one."""
    middle = _cut_middle(image_u8)
    colour = middle.astype(np.float32)
    luma = colour @ _LUMA
    planes = [colour[..., channel] for channel in range(3)]  # far faster than a reduction over three
    saturation = np.maximum.reduce(planes) - np.minimum.reduce(planes)
    across, down = np.abs(np.diff(luma, axis=1)), np.abs(np.diff(luma, axis=0))
    fine_across, fine_down = _find_detail(luma), _find_detail(luma.T)
    gradient, fine = _mean(across) + _mean(down), _mean(fine_across) + _mean(fine_down)
    tints = colour[..., ::2] - colour[..., 1:2]  # red and blue against green
    red, green, blue = (float(mean) for mean in colour.mean(axis=(0, 1)))
    return PixelFacts(
        mean_red=red,
        mean_green=green,
        mean_blue=blue,
        contrast=float(luma.std()),
        saturation=_mean(saturation),
        saturation_spread=float(saturation.std()),
        gradient_across=_mean(across),
        gradient_down=_mean(down),
        fine_detail=fine / 2,
        fine_to_coarse=_divide(fine, gradient),
        colour_detail=_mean(np.abs(np.diff(tints, axis=1))),
        checkerboard=_mean(np.abs(np.diff(np.diff(luma, axis=0), axis=1))) / 4,
        odd_even=_divide(_compare_parity(fine_across) + _compare_parity(fine_down), fine),
        grid_8px=(_compare_grid(across) + _compare_grid(down.T)) / 2,
        black_share=float((luma < 1).mean()),
        white_share=float((luma > 254).mean()),
        grey_levels_used=np.count_nonzero(np.bincount(luma.astype(np.uint8).ravel())) / 256,
    )


def _cut_middle(image_u8: ImageU8) -> ImageU8:
    """Return the middle, beginning at a block border."""
    top, left = (max(0, side - _SIDE) // 2 // _BLOCK * _BLOCK for side in image_u8.shape[:2])
    return image_u8[top : top + _SIDE, left : left + _SIDE]


def _find_detail(luma: Array) -> Array:
    return np.abs(luma[:, 1:-1] - (luma[:, :-2] + luma[:, 2:]) / 2)


def _compare_parity(detail: Array) -> float:
    return abs(_mean(detail[:, ::2]) - _mean(detail[:, 1::2]))


def _compare_grid(steps: Array) -> float:
    """Return the mean of `steps` [height, width - 1] at block borders over that of the others."""
    at_border = np.arange(steps.shape[1]) % _BLOCK == _BLOCK - 1
    return _divide(_mean(steps[:, at_border]), _mean(steps[:, ~at_border]))


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else 0.0


def _divide(value: float, by: float) -> float:
    return value / by if by > 0 else 0.0
