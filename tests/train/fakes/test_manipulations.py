from collections.abc import Callable

import numpy as np
import pytest

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.manipulations import Manipulated, copy_move, inpaint, splice

Make = Callable[[ImageU8, np.random.Generator], Manipulated]


def _noise(seed: int, height: int = 90, width: int = 120) -> ImageU8:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


MAKERS: dict[str, Make] = {
    "splice": lambda photo, rng: splice(photo, _noise(1000, 300, 80), rng),  # narrower than the photo
    "copy-move": copy_move,
    "regenerated": lambda photo, rng: inpaint(photo, 255 - photo, rng),
    "spread": lambda photo, rng: inpaint(photo, None, rng),
}


@pytest.mark.parametrize("name", list(MAKERS))
@pytest.mark.parametrize("seed", range(8))
def test_the_mask_marks_the_changed_pixels(name: str, seed: int) -> None:
    photo = _noise(seed)
    made = MAKERS[name](photo, np.random.default_rng(seed))
    changed = (made.image_u8 != photo).any(axis=-1)
    assert made.image_u8.shape == photo.shape
    assert made.image_u8.dtype == np.uint8
    assert not changed[~made.mask].any()
    assert changed[made.mask].mean() > 0.9  # a pasted pixel may be what was there; a soft edge nearly is
    assert 0.02 < made.mask.mean() <= 0.3


@pytest.mark.parametrize("name", list(MAKERS))
def test_the_seed_says_what_is_changed(name: str) -> None:
    photo = _noise(0)
    one, same, other = (MAKERS[name](photo, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert (one.image_u8 == same.image_u8).all()
    assert (one.mask == same.mask).all()
    assert (one.mask != other.mask).any()


def test_a_copied_region_comes_from_the_photo_itself() -> None:
    """With colours that name their place, every fully pasted pixel has one of the photo's."""
    rows, columns = np.mgrid[0:100, 0:100].astype(np.uint8)
    photo = np.stack([rows, columns, np.full_like(rows, 200)], axis=-1)
    for seed in range(12):
        made = copy_move(photo, np.random.default_rng(seed))
        assert (made.image_u8[..., 2] == 200).all()
        moved = np.hypot(*(made.image_u8[made.mask][:, :2].astype(int) - photo[made.mask][:, :2]).T)
        assert np.median(moved) > 5


def test_a_splice_into_a_grey_photo_is_grey() -> None:
    grey = np.repeat(_noise(3)[..., :1], 3, axis=-1)
    for seed in range(6):
        made = splice(grey, _noise(4), np.random.default_rng(seed))
        assert (made.image_u8 == made.image_u8[..., :1]).all()


def test_spreading_continues_the_surroundings() -> None:
    """A region of a flat photo filled from around it stays flat, whatever stood there before."""
    photo = np.full((96, 128, 3), (200, 90, 30), np.uint8)
    for seed in range(6):
        made = inpaint(photo, None, np.random.default_rng(seed))
        assert np.abs(made.image_u8.astype(int) - photo).max() <= 1


def test_a_matched_splice_is_nearer_to_its_surroundings() -> None:
    photo, donor = _noise(5) // 4, 128 + _noise(6) // 2
    levels = [
        float(made.image_u8[made.mask].mean())
        for made in (splice(photo, donor, np.random.default_rng(seed)) for seed in range(30))
    ]
    matched = [level for level in levels if level < 60]
    assert 5 < len(matched) < 25
