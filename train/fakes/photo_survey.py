"""Choice of the photos that fakes are made from, of their tiles, and of their split."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.audit.duplicates import digest_pixels
from fakelens.train.fakes.tiles import TileGrid, plan_tiles

_FEWEST_PHOTOS = 3  # one for each split
_HELD_OUT_SHARE = 0.2  # of the photos for val, and as many for test


@dataclass(frozen=True, kw_only=True)
class SurveyConfig:
    """How tiles are chosen."""

    tile_size: int  # px
    tiles_per_photo: int  # at most
    margin: int  # px at a photo's border that no tile touches
    smallest_side: int  # px, of a photo that is used
    seed: int


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A usable photo; `name` is unique, `digest` that of its decoded pixels."""

    path: Path
    name: str
    digest: str
    is_grey: bool
    grid: TileGrid
    split: Split = Split.TRAIN


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The photos that can be used, each content once, and a line for each file that cannot."""

    photos: tuple[Photo, ...]
    skipped: tuple[str, ...]


def survey_photos(paths: Iterable[Path], config: SurveyConfig) -> Survey:
    """Decode `paths`, choose the tiles and split by photo; `UsageError` with fewer than three photos."""
    photos: dict[str, Photo] = {}
    skipped: list[str] = []
    for path in paths:
        try:
            photo = _survey_photo(path, config)
        except ImageError as error:
            skipped.append(str(error))
            continue
        if photo.digest in photos:
            skipped.append(f"{path}: the same picture as {photos[photo.digest].path.name}")
            continue
        if photo.name.lower() in {other.name.lower() for other in photos.values()}:
            photo = replace(photo, name=f"{photo.name}-{photo.digest[:12]}")
        photos[photo.digest] = photo
    if len(photos) < _FEWEST_PHOTOS:
        reason = f" (not {skipped[0]})" if skipped else ""
        raise UsageError(
            f"{len(photos)} of {len(photos) + len(skipped)} photos can be used{reason}, at least "
            f"{_FEWEST_PHOTOS} are needed, one each for train, val and test: add photos"
        )
    splits = split_photos([(photo.is_grey, photo.digest) for photo in photos.values()], config.seed)
    placed = (replace(photo, split=split) for photo, split in zip(photos.values(), splits, strict=True))
    return Survey(photos=tuple(placed), skipped=tuple(skipped))


def split_photos(photos: list[tuple[bool, str]], seed: int) -> list[Split]:
    """Return the split of each photo (is it grey, its digest); names and order have no say, the seed has.

    Each split gets its share of grey photos, and at least one photo; there must be three.
    """

    def shuffle(photo: tuple[bool, str]) -> tuple[bool, bytes]:
        return photo[0], hashlib.sha256(f"{seed} {photo[1]}".encode()).digest()

    held_out = max(1, round(_HELD_OUT_SHARE * len(photos)))
    due = {Split.TRAIN: len(photos) - 2 * held_out, Split.VAL: held_out, Split.TEST: held_out}
    given = dict.fromkeys(Split, 0)
    places: dict[tuple[bool, str], Split] = {}
    for count, photo in enumerate(sorted(photos, key=shuffle), 1):  # to the split that most is still due to
        places[photo] = max(Split, key=lambda split: due[split] * count / len(photos) - given[split])
        given[places[photo]] += 1
    return [places[photo] for photo in photos]


def _survey_photo(path: Path, config: SurveyConfig) -> Photo:
    pixels = np.asarray(load_image(path), dtype=np.uint8)
    height, width = pixels.shape[:2]
    if min(height, width) < config.smallest_side:
        side = config.smallest_side
        raise ImageError(f"{path}: {width} x {height} px, at least {side} x {side} needed")
    digest = digest_pixels(pixels)
    rng = np.random.default_rng([config.seed, int(digest[:12], 16)])
    grid = plan_tiles(pixels, config.tile_size, config.margin, rng).sample(config.tiles_per_photo, rng)
    if not grid.cells:
        raise ImageError(f"{path}: all its tiles are flat")
    is_grey = bool((pixels == pixels[..., :1]).all())
    return Photo(path=path, name=path.stem, digest=digest, is_grey=is_grey, grid=grid)
