"""Audit of a data set before anyone trusts it: does anything but the image give the class away?

Two probes (file metadata, plain pixel statistics), copies, broken and small files, balance.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import (
    DIGEST_LENGTH,
    LabelledImage,
    Layout,
    Split,
    choose_slice,
    find_labelled,
)
from fakelens.edge_runtime.errors import GateError, ImageError
from fakelens.edge_runtime.preprocess import load_image
from fakelens.train.audit.duplicates import (
    Copies,
    digest_contents,
    digest_pixels,
    find_copies,
    join_pairs,
    link_groups,
)
from fakelens.train.audit.headers import HeaderFacts, read_header
from fakelens.train.audit.lookalikes import Likeness, describe_look, find_lookalikes
from fakelens.train.audit.pixels import PixelFacts, measure_pixels
from fakelens.train.audit.probe import ProbeResult, has_enough, probe_facts
from fakelens.train.config import DataConfig
from fakelens.train.data.file_threads import map_threads

CHANCE = 0.5
MAX_AUC = 0.65  # of the metadata probe; above it, training learns the format
_WARN_LIMIT = 2000  # images of a class whose headers are read before training

_log = logging.getLogger(__name__)


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
    names = [_name_pair(facts.image, config.data) for facts in sound]
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
    )


def gives_away(probe: ProbeResult | None, max_auc: float = MAX_AUC) -> bool:
    """Whether `probe` tells the class better than `max_auc` allows, and better than by chance."""
    return probe is not None and probe.auc.value > max_auc and probe.auc.low > CHANCE


def check_metadata(result: AuditResult, max_auc: float, remedy: str) -> None:
    """Raise `GateError`, ending in `remedy`, where file metadata give the class away."""
    if result.metadata is not None and gives_away(result.metadata, max_auc):
        raise GateError(f"{result.data}: {_accuse(result.metadata)}, over --max-auc {max_auc:g}: {remedy}")


def suggest_remedy(data: Path, *, equalized: bool = False, cropped: bool = False) -> str:
    """Return what to do about files that give the class away, after what has been done already."""
    if not equalized:
        return f"`fakelens audit {data} --equalize OUT` encodes both classes alike"
    if not cropped:
        return "if it is the dimensions, --crop PX makes them equal"
    return "what is left is how well the pictures compress; choose others for one of the classes"


def warn_of_giveaways(data: Path, layout: Layout | None = None) -> None:
    """Log a warning where file metadata tell the classes of `data` apart; no pixel is decoded.

    `UsageError` unless it holds images of both classes. Files without a header are left to whoever decodes.
    """
    chosen = choose_slice(find_labelled(data, layout=layout), data, _WARN_LIMIT)
    found = list(map_threads(_try_header, [image.path for image in chosen], "reading headers"))
    sound = [(image, header) for image, header in zip(chosen, found, strict=True) if header is not None]
    images = [image for image, _ in sound]
    names = [_name_pair(image, data) for image in images]
    groups = link_groups(names, digest_contents([image.path for image in images]))
    labels = np.array([image.label for image in images], np.int64)
    if not has_enough(labels, groups):
        return
    probe = probe_facts([header for _, header in sound], labels, groups)
    if gives_away(probe):
        _log.warning(
            "WARNING: %s. A network trained on this may learn the files, not the fakes. `fakelens audit %s` "
            "tells more; %s",
            *(_accuse(probe), data, suggest_remedy(data)),
        )


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


def _try_header(path: Path) -> HeaderFacts | None:
    try:
        return read_header(path)
    except ImageError:
        return None


def _name_pair(image: LabelledImage, data: Path) -> str:
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


def _accuse(probe: ProbeResult) -> str:
    clue = f" ({probe.clues[0].sentence})" if probe.clues else ""
    return f"file metadata alone, no picture, tell real from fake with AUC {probe.auc.value:.3f}{clue}"
