"""Reading real photos and writing the fakes made from them: one folder for each faker, splits kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import Progress

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.train.fakes.manipulations import Manipulated
from fakelens.train.fakes.originals import Original, choose_evenly, load_cut
from fakelens.train.fakes.quality import PairQuality, QualityMeter
from fakelens.train.fakes.tiles import save_like

FEWEST_PX = 64  # side of a photo that is used
_TRIES = 10


@dataclass(frozen=True, kw_only=True)
class FakeRecord:
    """One fake; its file is called by the digest of its original."""

    digest: str  # beginning of the SHA-256 of the original's file
    original: str
    source: str
    split: Split


@dataclass(frozen=True, kw_only=True)
class LoadedPhoto:
    """An original that can be used."""

    original: Original
    digest: str
    pixels: ImageU8  # [h, w, 3]


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What all fakers share: photos in, a folder out, and what was left out on the way."""

    photos: list[Original]
    folder: Path
    most_px: int  # side; the middle is cut out of larger photos
    seed: int
    progress: Progress
    places: dict[str, Split] = field(default_factory=dict)  # by digest: a file in two splits would be a leak
    skipped: dict[str, None] = field(default_factory=dict)  # one line each, in order

    @cached_property
    def _sources(self) -> dict[Split, dict[str, list[Original]]]:
        """The photos by split and source."""
        sources: dict[Split, dict[str, list[Original]]] = {split: {} for split in Split}
        for photo in self.photos:
            sources[photo.split].setdefault(photo.source, []).append(photo)
        return sources

    def load(self, photo: Original, fewest_px: int = FEWEST_PX) -> LoadedPhoto | None:
        """Return `photo`; None, with a line in `skipped`, where it cannot be used."""
        try:
            pixels = load_cut(photo.path, self.most_px, fewest_px)
        except ImageError as error:
            self.skipped[str(error)] = None
            return None
        digest = photo.digest()
        if self.places.setdefault(digest, photo.split) is not photo.split:
            self.skipped[f"{photo.path}: the same file is in {self.places[digest]}"] = None
            return None
        return LoadedPhoto(original=photo, digest=digest, pixels=pixels)

    def find_donor(self, photo: LoadedPhoto, rng: np.random.Generator) -> LoadedPhoto | None:
        """Return another photo of the same split, of any source alike; None where there is no usable one."""
        sources = self._sources[photo.original.split]
        for _ in range(_TRIES):
            members = sources[sorted(sources)[rng.integers(len(sources))]]
            donor = self.load(members[rng.integers(len(members))])
            if donor is not None and donor.digest != photo.digest:
                return donor
        self.skipped[f"{photo.original.path}: no other photo in {photo.original.split} to splice with"] = None
        return None

    def read(self, faker: str, count: int) -> Iterator[LoadedPhoto]:
        """Yield about `count` photos for `faker`, each content once."""
        chosen = choose_evenly(self.photos, count, self.seed, faker)
        done: set[str] = set()
        for photo in self.progress.track(chosen, description=faker):
            loaded = self.load(photo)
            if loaded is not None and loaded.digest not in done:
                done.add(loaded.digest)
                yield loaded


class FakeWriter:
    """Writes the fakes of one faker and compares them with their originals."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._every, self._unseen = QualityMeter(), QualityMeter()
        self.records: list[FakeRecord] = []

    def write(self, photo: LoadedPhoto, image_u8: ImageU8) -> None:
        """Write the fake of `photo`, uint8 [h, w, 3], as its original was encoded."""
        split = photo.original.split
        stem = self._open(split, "fake") / photo.digest
        fake = np.asarray(load_image(save_like(photo.original.path, image_u8, stem)), dtype=np.uint8)
        self._every.add(photo.pixels, fake)
        if split is not Split.TRAIN:
            self._unseen.add(photo.pixels, fake)
        path, source = str(photo.original.path), photo.original.source
        self.records.append(FakeRecord(digest=photo.digest, original=path, source=source, split=split))

    def write_changed(self, photo: LoadedPhoto, made: Manipulated) -> None:
        """Write the fake and its mask, white where the photo was changed."""
        self.write(photo, made.image_u8)
        target = self._open(photo.original.split, "mask") / f"{photo.digest}.png"
        Image.fromarray(made.mask.astype(np.uint8) * 255).save(target, "PNG")

    def quality(self) -> PairQuality | None:
        """Return how close the fakes are to their originals; None where there are none."""
        return self._every.result() if self.records else None

    def unseen_quality(self) -> PairQuality | None:
        """Return the same of val and test alone."""
        unseen = any(record.split is not Split.TRAIN for record in self.records)
        return self._unseen.result() if unseen else None

    def _open(self, split: Split, kind: str) -> Path:
        folder = self._folder / split / kind
        folder.mkdir(parents=True, exist_ok=True)
        return folder
