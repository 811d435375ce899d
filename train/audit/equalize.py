"""A copy of a data set whose files tell the class no longer: both classes decoded and encoded alike.

What it takes away: file type, JPEG tables, chroma subsampling, metadata. What it cannot: the traces of an
earlier JPEG compression inside the pixels, and how well a picture compresses; dimensions only by cropping.
"""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage, Layout, find_labelled
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.files import check_output, stage_folder
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.preprocess import ImageU8, load_image
from fakelens.train.audit.duplicates import digest_pixels
from fakelens.train.audit.headers import HeaderFacts
from fakelens.train.data.file_threads import map_threads

_QUALITIES = (75, 95)  # from, to; what cameras and web sites use
_MANY = 5  # qualities, which no other tool mixes
_CROPS = (16, 8192)  # px
_MOST_PX = 65_500  # of a side, in libjpeg


@dataclass(frozen=True, kw_only=True)
class EqualizeConfig:
    """What to copy; `crop` is the side of a random square in px, None for whole images."""

    data: Path
    output: Path
    crop: int | None = None
    layout: Layout = field(default_factory=Layout)  # of `data`; the copy needs none
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class EqualizeResult:
    """What was written, and a line for each file that was not."""

    written: tuple[int, int]  # reals, fakes
    broken: tuple[str, ...]
    too_small: tuple[int, int]  # reals, fakes: smaller than the crop


class _TooSmallError(ImageError):
    """An image is smaller than the crop."""


def equalize(config: EqualizeConfig) -> EqualizeResult:
    """Write `config.data` to `config.output` in the same folders, as JPEG 4:2:0 without metadata.

    The quality, and the place of the crop, are drawn from the decoded picture's digest alone, so that they
    know nothing of the class. The output appears when it is complete. Raises `UsageError` for folders
    that cannot be used, or where nothing would be left of a class.
    """
    _check_config(config)
    images = find_labelled(config.data, layout=config.layout)
    targets = _name_targets([_place_copy(image, config) for image in images])
    with stage_folder(config.output) as staging:
        for folder in {(staging / target).parent for target in targets}:
            folder.mkdir(parents=True, exist_ok=True)

        def copy(work: tuple[LabelledImage, Path]) -> ImageError | None:
            try:
                (staging / work[1]).write_bytes(_encode(work[0].path, config))
            except ImageError as error:
                return error
            return None

        work = list(zip(images, targets, strict=True))
        errors = list(map_threads(copy, work, "equalizing"))
        result = _sum_up(images, errors)
        if not all(result.written):
            raise UsageError(
                f"{config.data}: nothing would be left of one class ({result.written[0]} real, "
                f"{result.written[1]} fake): mend the broken files, or choose a smaller --crop"
            )
    return result


def _check_config(config: EqualizeConfig) -> None:
    if config.crop is not None and not _CROPS[0] <= config.crop <= _CROPS[1]:
        raise UsageError(f"--crop is {config.crop}, expected {_CROPS[0]} to {_CROPS[1]} px")
    if config.data.resolve() in config.output.resolve().parents:
        raise UsageError(f"{config.output} lies inside {config.data}: give a folder beside it")
    check_output(config.output, "--equalize")


def _place_copy(image: LabelledImage, config: EqualizeConfig) -> Path:
    """Return where the copy goes: as its image lies, or by its class where options said that."""
    inside = image.path.is_relative_to(config.data)
    path = image.path.relative_to(config.data) if inside else Path(image.path.name)
    if config.layout == Layout():
        return path
    return Path(image.source, image.split or "", LABELS[image.label]) / path


def looks_equalized(headers: Sequence[HeaderFacts]) -> bool:
    """Whether all files are as `equalize` writes them, so that a second time would change nothing."""
    kinds = {
        (header.file_type, header.jpeg_subsampling, header.exif, header.icc_profile, header.other_chunks)
        for header in headers
    }
    written = {f"quality {quality}" for quality in range(_QUALITIES[0], _QUALITIES[1] + 1)}
    qualities = {header.jpeg_tables for header in headers}
    return (
        kinds == {("JPEG", "4:2:0", "none", "none", "APP0")}
        and qualities <= written
        and len(qualities) > _MANY
    )


def _name_targets(paths: Sequence[Path]) -> list[Path]:
    """Return the name of each copy; where `a.png` and `a.jpg` would both become `a.jpg`, one is `a-2.jpg`."""
    taken: set[str] = set()
    targets = []
    for path in paths:
        names = chain([f"{path.stem}.jpg"], (f"{path.stem}-{number}.jpg" for number in count(2)))
        target = next(path.with_name(n) for n in names if str(path.with_name(n)).lower() not in taken)
        taken.add(str(target).lower())  # some file systems know no case
        targets.append(target)
    return targets


def _encode(path: Path, config: EqualizeConfig) -> bytes:
    pixels = np.asarray(load_image(path), np.uint8)
    rng = np.random.default_rng([config.seed, int(digest_pixels(pixels)[:12], 16)])
    quality = int(rng.integers(_QUALITIES[0], _QUALITIES[1] + 1))
    if config.crop is not None:
        pixels = _cut(pixels, config.crop, rng, path)
    if max(pixels.shape) > _MOST_PX:
        height, width = pixels.shape[:2]
        raise ImageError(f"{path}: {width} x {height} px, no JPEG can hold more than {_MOST_PX:,} px a side")
    buffer = io.BytesIO()
    # Of bare pixels: Pillow would carry comments over from an opened file.
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()


def _cut(pixels: ImageU8, side: int, rng: np.random.Generator, path: Path) -> ImageU8:
    height, width = pixels.shape[:2]
    if min(height, width) < side:
        raise _TooSmallError(f"{path}: {width} x {height} px, smaller than the crop of {side} px")
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    return pixels[top : top + side, left : left + side]


def _sum_up(images: Sequence[LabelledImage], errors: Sequence[ImageError | None]) -> EqualizeResult:
    small = Counter(
        image.label for image, error in zip(images, errors, strict=True) if isinstance(error, _TooSmallError)
    )
    written = Counter(image.label for image, error in zip(images, errors, strict=True) if error is None)
    return EqualizeResult(
        written=(written[0], written[1]),
        broken=tuple(str(e) for e in errors if e is not None and not isinstance(e, _TooSmallError)),
        too_small=(small[0], small[1]),
    )
