"""Audit of a data set before anyone trusts it: does anything but the image give the class away?

Two probes (file metadata, plain pixel statistics), copies, broken and small files, balance.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import (
    DIGEST_LENGTH,
    LabelledImage,
    Layout,
    Split,
    choose_slice,
    find_labelled,
)
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.audit.duplicates import (
    Copies,
    digest_contents,
    digest_pixels,
    find_copies,
    join_pairs,
    link_groups,
)
from fakelens.train.audit.equalize import looks_equalized
from fakelens.train.audit.headers import HeaderFacts, read_header
from fakelens.train.audit.lookalikes import Likeness, describe_look, find_lookalikes
from fakelens.train.audit.pixels import PixelFacts, measure_pixels
from fakelens.train.audit.probe import ProbeResult, has_enough, probe_facts
from fakelens.train.config import DataConfig
from fakelens.train.data.file_threads import map_threads

CHANCE = 0.5
MAX_AUC = 0.65  # of the metadata probe; above it, training learns the format
_TOO_SMALL, _CROP_STEP, _LARGEST_CROP = 0.1, 16, 8192  # share of a class; px


@dataclass(frozen=True, kw_only=True)
class AuditConfig:
    """What to look at."""

    data: Path
    layout: Layout = field(default_factory=Layout)
    limit: int = 5000  # images of each class that are decoded and probed; copies are sought among all
    tile_size: int = DataConfig.size  # px; smaller images are counted
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class SplitCount:
    """The images of a split; `split` is None where the data set has no splits."""

    split: Split | None
    real: int
    fake: int


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """What was found; a probe is None where there are too few images for it."""

    data: Path
    counts: tuple[SplitCount, ...]
    file_copies: tuple[Copies, ...]  # same bytes, among all images
    opened: int  # images: what follows is of these
    broken: tuple[str, ...]  # one line each
    small: tuple[int, int]  # reals, fakes, smaller than `tile_size`
    tile_size: int
    picture_copies: tuple[Copies, ...]  # same pixels in other bytes
    lookalikes: tuple[Copies, ...]  # other pixels, but to the eye the same picture; pairs by name are not
    metadata: ProbeResult | None
    pixels: ProbeResult | None
    layout: Layout = field(default_factory=Layout)  # of `data`
    crop_px: int | None = None  # the side that most pictures of both classes have
    equalized: bool = False  # whether its files are as `equalize` writes them


@dataclass(frozen=True, kw_only=True)
class _Inspected:
    image: LabelledImage
    header: HeaderFacts
    pixels: PixelFacts
    digest: str  # of the decoded pixels
    look: Likeness | None  # None for flat pictures


def audit(config: AuditConfig) -> AuditResult:
    """Return what is to be known of `config.data`; `UsageError` unless it holds images of both classes.

    Broken files are listed and left out. Which images are opened depends on their paths alone.
    """
    if config.tile_size < 1:
        raise UsageError(f"--tile-size is {config.tile_size}, expected 1 px or more")
    images = find_labelled(config.data, layout=config.layout)
    chosen = choose_slice(images, config.data, config.limit)
    digests = dict(zip(images, digest_contents([image.path for image in images]), strict=True))
    found = list(map_threads(_inspect, chosen, "looking at images"))
    sound = [facts for facts in found if not isinstance(facts, str)]
    small = Counter(
        facts.image.label
        for facts in sound
        if min(facts.header.width_px, facts.header.height_px) < config.tile_size
    )
    names = [name_pair(facts.image, config.data) for facts in sound]
    copies = [digests[facts.image] for facts in sound]
    groups = link_groups(names, copies, [facts.digest for facts in sound])
    labels = np.array([facts.image.label for facts in sound], np.int64)
    enough = has_enough(labels, groups)
    headers, pixels = [facts.header for facts in sound], [facts.pixels for facts in sound]
    return AuditResult(
        data=config.data,
        counts=_count(images),
        file_copies=find_copies(images, [digests[image] for image in images]),
        opened=len(chosen),
        broken=tuple(line for line in found if isinstance(line, str)),
        small=(small[0], small[1]),
        tile_size=config.tile_size,
        picture_copies=_find_reencoded(sound, digests),
        lookalikes=_find_lookalikes(sound, names),
        metadata=probe_facts(headers, labels, groups, config.seed) if enough else None,
        pixels=probe_facts(pixels, labels, groups, config.seed) if enough else None,
        layout=config.layout,
        crop_px=choose_crop(headers, labels),
        equalized=looks_equalized(headers),
    )


def choose_crop(headers: Sequence[HeaderFacts], labels: npt.NDArray[np.int64]) -> int | None:
    """Return a side in px, a multiple of 16, that nine of ten pictures of each class have; None below 16."""
    sides = np.array([min(header.width_px, header.height_px) for header in headers])
    usual = [np.quantile(sides[labels == label], _TOO_SMALL) for label in (0, 1) if np.any(labels == label)]
    crop = int(min(usual, default=0)) // _CROP_STEP * _CROP_STEP
    return min(crop, _LARGEST_CROP) or None


def gives_away(probe: ProbeResult | None, max_auc: float = MAX_AUC) -> bool:
    """Whether `probe` tells the class better than `max_auc` allows, and better than by chance."""
    return probe is not None and probe.auc.value > max_auc and probe.auc.low > CHANCE


def _inspect(image: LabelledImage) -> _Inspected | str:
    """Return the facts of `image`, or why there are none."""
    try:
        header = read_header(image.path)
        pixels = np.asarray(load_image(image.path), np.uint8)
    except ImageError as error:
        return str(error)
    return _Inspected(
        image=image,
        header=header,
        pixels=measure_pixels(pixels),
        digest=digest_pixels(pixels),
        look=describe_look(pixels),
    )


def name_pair(image: LabelledImage, data: Path) -> str:
    """Return source and path below the class folder, without ending: a fake may be named after its real."""
    if not image.path.is_relative_to(data):
        return ""
    parts = image.path.relative_to(data).with_suffix("").parts
    depth = len(Path(image.source).parts) + (image.split is not None) + 1  # source, split, class
    return "/".join([image.source, *parts[min(depth, len(parts) - 1) :]])


def _count(images: Sequence[LabelledImage]) -> tuple[SplitCount, ...]:
    counts = Counter((image.split, image.label) for image in images)
    return tuple(
        SplitCount(split=split, real=counts[split, 0], fake=counts[split, 1])
        for split in dict.fromkeys(image.split for image in images)
    )


def _find_reencoded(sound: Sequence[_Inspected], digests: Mapping[LabelledImage, str]) -> tuple[Copies, ...]:
    """Return the groups of equal pictures in files of different bytes, one image for each of these."""
    files = {digests[facts.image] or str(facts.image.path): facts for facts in sound}
    return find_copies([f.image for f in files.values()], [f.digest for f in files.values()])


def _find_lookalikes(sound: Sequence[_Inspected], names: Sequence[str]) -> tuple[Copies, ...]:
    """Return the groups of pictures that look alike, but for what is a pair on purpose.

    That is a fake and its photo under one name, and what is called by the digest of a photo: the fakes that
    `synthesize` makes of it, and other cuts of it.
    """
    photos = [facts.image.path.stem[:DIGEST_LENGTH] for facts in sound]
    links = [
        (one, other)
        for one, other in find_lookalikes([facts.look for facts in sound])
        if sound[one].digest != sound[other].digest
        and names[one] != names[other]
        and not _are_kin(sound[one], sound[other], photos[one], photos[other])
    ]
    keys = join_pairs(len(sound), links)
    return find_copies([facts.image for facts in sound], keys)


def _are_kin(one: _Inspected, other: _Inspected, photo: str, other_photo: str) -> bool:
    """Whether both were made of one photo, or one of the other; `photo` is what begins the name of each."""
    if len(photo) == DIGEST_LENGTH and photo == other_photo:
        return True
    if len(photo) < DIGEST_LENGTH and len(other_photo) < DIGEST_LENGTH:
        return False
    contents = [hashlib.sha256(facts.image.path.read_bytes()).hexdigest() for facts in (one, other)]
    return contents[0].startswith(other_photo or "-") or contents[1].startswith(photo or "-")
