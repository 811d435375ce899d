"""The cuts that pairs are made of: how many of each photo, in which order, and the reading of one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.train.audit.headers import read_header
from fakelens.train.data.file_threads import map_threads
from fakelens.train.fakes.originals import Original

_PIXELS_A_CUT = 4_000_000  # of a photo; so a photo of 12 megapixels gives three
_MOST_CUTS = 3
_HELD_OUT = 25  # times fewer photos of a source in val and test
_SEEDED = 15  # hex digits of a photo's digest that its random numbers follow from
_NATIVE = 0.4  # share of the cuts at the photo's own resolution; the others from a reduced photo
_KERNELS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)

Skipped = dict[str, None]  # one line each, in order: what was left out and why


@dataclass(frozen=True, kw_only=True)
class CutConfig:
    """Which cuts to take."""

    side: int  # px
    per_source: int  # photos of one source's train part, at most
    seed: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One cut to be made of a photo."""

    photo: Original
    digest: str
    number: int

    @property
    def name(self) -> str:
        """How the files made of it are called."""
        return f"{self.digest}-{self.number}"

    def draw(self, seed: int) -> np.random.Generator:
        """Return the random numbers of this cut: they hang on content, number and seed alone."""
        return np.random.default_rng([self.number, int(self.digest[:_SEEDED], 16), seed])


def plan_cuts(photos: Sequence[Original], config: CutConfig, skipped: Skipped) -> list[Cut]:
    """Return the cuts of all photos in random order, each content in one split."""
    digests = list(map_threads(lambda photo: photo.digest(), photos, "reading photos"))
    parts: dict[tuple[str, Split], dict[str, Original]] = defaultdict(dict)
    places: dict[str, Split] = {}
    for photo, digest in sorted(zip(photos, digests, strict=True), key=lambda pair: pair[1]):
        if places.setdefault(digest, photo.split) is not photo.split:
            skipped[f"{photo.path}: the same file is in {places[digest]}"] = None
            continue
        part = parts[photo.source, photo.split]
        most = config.per_source if photo.split is Split.TRAIN else max(1, config.per_source // _HELD_OUT)
        if len(part) < most:
            part.setdefault(digest, photo)
    chosen = {digest: photo for part in parts.values() for digest, photo in part.items()}
    cuts = [
        Cut(photo=photo, digest=digest, number=number)
        for digest, photo in sorted(chosen.items())
        for number in range(_count_cuts(photo, config.side, skipped))
    ]
    return [cuts[place] for place in np.random.default_rng(config.seed).permutation(len(cuts))]


def read_cuts(
    cuts: Sequence[Cut], config: CutConfig, skipped: Skipped
) -> list[tuple[Cut, ImageU8, np.random.Generator]]:
    """Return those of `cuts` that can be read, uint8 [side, side, 3], with what is left of their draws."""
    usable = []
    for cut in cuts:
        rng = cut.draw(config.seed)
        try:
            pixels = cut_photo(load_image(cut.photo.path), config.side, rng)
        except ImageError as error:
            skipped[str(error)] = None
            continue
        if pixels is not None:
            usable.append((cut, pixels, rng))
    return usable


def cut_photo(photo: Image.Image, side: int, rng: np.random.Generator) -> ImageU8 | None:
    """Return a square of `side` px of the RGB `photo`, native or reduced; None where the photo is smaller."""
    shorter = min(photo.size)
    if shorter < side:
        return None
    if rng.random() >= _NATIVE and shorter > side:
        scale = float(np.exp(rng.uniform(np.log(side / shorter), 0.0)))
        width, height = (max(side, round(length * scale)) for length in photo.size)
        photo = photo.resize((width, height), _KERNELS[rng.integers(len(_KERNELS))], reducing_gap=3.0)
    left, top = (int(rng.integers(0, length - side + 1)) for length in photo.size)
    return np.asarray(photo.crop((left, top, left + side, top + side)), np.uint8)


def _count_cuts(photo: Original, side: int, skipped: Skipped) -> int:
    """Return how many cuts `photo` is worth by its size; 0, with a line in `skipped`, for none."""
    try:
        facts = read_header(photo.path)
    except ImageError as error:
        skipped[str(error)] = None
        return 0
    if min(facts.width_px, facts.height_px) < side:
        skipped[f"{photo.path}: {facts.width_px} x {facts.height_px} px, smaller than a cut of {side}"] = None
        return 0
    return min(_MOST_CUTS, max(1, round(facts.width_px * facts.height_px / _PIXELS_A_CUT)))
