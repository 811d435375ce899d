"""Fakes of which only a region is one: spliced, copy-moved, in-painted; with the mask of the region."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.regions import Alpha, Mask, draw_region, soften

_MATCHED = 0.5  # share of the splices whose colours are brought near to their surroundings
_FLIPPED = 0.5  # share of the splices and copies that are mirrored
_TRIES = 30
_LEAST_SHIFT = 0.5  # of a copied region's longer side
_GRAIN_LEVELS = 10.0
_GRAIN_PX = 2.0  # finer than that is grain, which spreading alone cannot give


@dataclass(frozen=True, kw_only=True)
class Manipulated:
    """A photo with a changed region."""

    image_u8: ImageU8  # [h, w, 3]
    mask: Mask  # [h, w]; outside of it every pixel is as it was


def splice(photo: ImageU8, donor: ImageU8, rng: np.random.Generator) -> Manipulated:
    """Paste a region of `donor` into `photo`, uint8 [h, w, 3] each, the donor of any size, never resized.

    The edge is hard or soft; half of them take over mean and contrast of what was there (Reinhard et al.
    2001, in RGB); half are mirrored.
    """
    height, width = photo.shape[:2]
    mask = draw_region(height, width, rng)
    top, below, left, right = _bound(mask)
    picture = photo.copy()
    picture[top:below, left:right] = _cut(donor, below - top, right - left, rng)
    if rng.random() < _MATCHED:
        picture = _match_colours(picture, photo, mask)
    if bool((photo == photo[..., :1]).all()):  # colour in a grey photo would be a giveaway of its own
        picture = np.repeat(picture.mean(axis=-1, keepdims=True).round().astype(np.uint8), 3, axis=-1)
    return _paste(photo, picture, soften(mask, rng))


def copy_move(photo: ImageU8, rng: np.random.Generator) -> Manipulated:
    """Paste a region of `photo`, uint8 [h, w, 3], elsewhere into it; half of them mirrored."""
    height, width = photo.shape[:2]
    mask = draw_region(height, width, rng)
    top, below, left, right = _bound(mask)
    room = height - (below - top), width - (right - left)
    from_top, from_left = top, left
    for _ in range(_TRIES):  # the farthest of a few places, for as little overlap as there can be
        place = int(rng.integers(0, room[0] + 1)), int(rng.integers(0, room[1] + 1))
        if _distance(place, (top, left)) > _distance((from_top, from_left), (top, left)):
            from_top, from_left = place
        if _distance((from_top, from_left), (top, left)) >= _LEAST_SHIFT * max(below - top, right - left):
            break
    source = photo[from_top : from_top + below - top, from_left : from_left + right - left]
    if rng.random() < _FLIPPED or (from_top, from_left) == (top, left):
        source = source[:, ::-1]
    picture = photo.copy()
    picture[top:below, left:right] = source
    return _paste(photo, picture, soften(mask, rng))


def inpaint(photo: ImageU8, regenerated: ImageU8 | None, rng: np.random.Generator) -> Manipulated:
    """Replace a region of `photo`, uint8 [h, w, 3], by that of `regenerated`, its twin from a generator.

    Without one the surroundings spread into the region, and the grain of another place lies over it.
    """
    mask = draw_region(photo.shape[0], photo.shape[1], rng)
    alpha = soften(mask, rng)
    return _paste(photo, _spread(photo, mask, rng) if regenerated is None else regenerated, alpha)


def _paste(photo: ImageU8, picture: ImageU8, alpha: Alpha) -> Manipulated:
    weight = alpha[..., None]
    mixed = np.rint(photo * (1.0 - weight) + picture * weight).astype(np.uint8)
    return Manipulated(image_u8=mixed, mask=alpha > 0.0)


def _cut(donor: ImageU8, height: int, width: int, rng: np.random.Generator) -> ImageU8:
    """Return a random cut of `donor` of that size; a smaller donor is mirrored beyond its edges."""
    below, right = max(0, height - donor.shape[0]), max(0, width - donor.shape[1])
    padded = np.pad(donor, ((0, below), (0, right), (0, 0)), "symmetric")
    top, left = (int(rng.integers(0, padded.shape[axis] - n + 1)) for axis, n in enumerate((height, width)))
    cut = padded[top : top + height, left : left + width]
    return cut[:, ::-1] if rng.random() < _FLIPPED else cut


def _match_colours(picture: ImageU8, photo: ImageU8, mask: Mask) -> ImageU8:
    pasted, there = picture[mask].astype(np.float32), photo[mask].astype(np.float32)
    gain = (there.std(axis=0) + 1.0) / (pasted.std(axis=0) + 1.0)
    matched = (picture - pasted.mean(axis=0)) * gain.clip(0.5, 2.0) + there.mean(axis=0)
    levels: ImageU8 = np.rint(matched.clip(0.0, 255.0)).astype(np.uint8)
    return levels


def _bound(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _distance(one: tuple[int, int], other: tuple[int, int]) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _spread(photo: ImageU8, mask: Mask, rng: np.random.Generator) -> ImageU8:
    """Fill `mask` from its surroundings and add the grain found elsewhere in the photo."""
    smooth = _pull_push(photo.astype(np.float32), ~mask)
    blurred = Image.fromarray(photo).filter(ImageFilter.GaussianBlur(_GRAIN_PX))
    grain = photo.astype(np.float32) - np.asarray(blurred, dtype=np.float32)
    grain = grain.clip(-_GRAIN_LEVELS, _GRAIN_LEVELS)  # edges are no grain
    shift = tuple(int(rng.integers(side // 4, 1 + 3 * side // 4)) for side in mask.shape)
    grain = np.where(np.roll(mask, shift, (0, 1))[..., None], -grain[:, ::-1], np.roll(grain, shift, (0, 1)))
    levels: ImageU8 = np.rint((smooth + grain).clip(0.0, 255.0)).astype(np.uint8)
    return levels


def _pull_push(image: npt.NDArray[np.float32], known: Mask) -> npt.NDArray[np.float32]:
    """Return `image` [h, w, 3] with what is not `known` filled smoothly (Gortler et al. 1996, pull-push)."""
    height, width = known.shape
    if known.all() or min(height, width) < 2:
        return np.where(known[..., None], image, image[known].mean(axis=0) if known.any() else 0.0)
    beyond = ((0, height % 2), (0, width % 2))
    weight = np.pad(known, beyond).astype(np.float32)[..., None]
    summed = np.pad(image, (*beyond, (0, 0))) * weight
    halves = (summed.shape[0] // 2, 2, summed.shape[1] // 2, 2, -1)
    counts = weight.reshape(halves).sum(axis=(1, 3))
    coarse = summed.reshape(halves).sum(axis=(1, 3)) / counts.clip(1.0)
    coarse = _pull_push(coarse, counts[..., 0] > 0)
    fine = coarse.repeat(2, axis=0).repeat(2, axis=1)
    padded = np.pad(fine, ((1, 1), (1, 1), (0, 0)), "edge")  # blocks become slopes
    rows = padded[:-2] + 2.0 * padded[1:-1] + padded[2:]
    fine = (rows[:, :-2] + 2.0 * rows[:, 1:-1] + rows[:, 2:]) / 16.0
    return np.where(known[..., None], image, fine[:height, :width])
