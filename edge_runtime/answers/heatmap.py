"""Heat map of a picture: its tiles tinted by their scores, a legend and the verdict."""

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fakelens.edge_runtime.answers import palette
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_folder_writable, write_atomic
from fakelens.edge_runtime.machine.quiet import MUTED
from fakelens.edge_runtime.pictures.encode import encode_png
from fakelens.edge_runtime.pictures.opener import open_any
from fakelens.edge_runtime.pictures.preprocess import DECODER_ERRORS
from fakelens.edge_runtime.pictures.tiles import Region

_REAL, _FAKE = np.array([palette.REAL, palette.FAKE], np.float32)
_STRONGEST = 0.6  # share of the tint where P(fake) is 0 or 1; at 0.5 there is none
_CALM = 0.1  # the same in a picture that is not FAKE: single tiles of any photo look odd, which says nothing
_TEXT_PX = (11, 48)  # height of the letters, between these
_MOST_PIXELS = 25_000_000  # that are painted
_BAND_ROWS = 256
_MARK, _MARKED = "Software", "fakelens heatmap"  # a text in each map
_LONGEST_NAME = 200  # bytes; a file system takes 255 with number and suffix
_TINT_PX = 128  # of a tint by itself, longer side: it is stretched over the picture


class HeatmapSink:
    """Writes one PNG a picture into a folder, named after the file; equal names are numbered.

    Names that are too long for the number and the suffix are cut. Very large pictures are painted at a part
    of their size: the map is for the eye.
    """

    def __init__(self, detector: Detector, folder: Path) -> None:
        """`UsageError` where the model of `detector` is one of small images."""
        if not detector.map_regions(Image.new("RGB", (1, 1))):
            raise UsageError(
                f"--heatmap needs a model of photos; {detector.contract.name} is one of small images and "
                "sees each picture scaled to its input size, as a whole"
            )
        self._detector, self._folder = detector, folder
        self._taken: set[str] = set()
        check_folder_writable(folder, f"--heatmap {folder}")

    def write(self, result: CheckedFile) -> None:
        """Write the heatmap of one result; nothing for a file that could not be read."""
        if result.image is None or result.verdict is None:
            return
        name = self._choose_name(Path(result.path).stem)
        painted = draw_heatmap(result.image, result.verdict, result.grid)
        write_atomic(self._folder / f"{name}.png", encode_png(painted, {_MARK: _MARKED}))

    def _choose_name(self, stem: str) -> str:
        """Return a name that no other picture has, on a disk that knows no difference of case either.

        A file that is there already and no map goes before: it may be one of the pictures.
        """
        stem = os.fsencode(stem)[:_LONGEST_NAME].decode(errors="ignore")
        name, number = stem, 1
        while name.casefold() in self._taken or _is_foreign(self._folder / f"{name}.png"):
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name


def _is_foreign(path: Path) -> bool:
    """Whether something is at `path` that is no map of an earlier run."""
    if not path.exists():
        return path.is_symlink()
    try:
        with MUTED, open_any(path) as image:
            return image.info.get(_MARK) != _MARKED
    except DECODER_ERRORS:
        return True


def draw_heatmap(image: Image.Image, verdict: Verdict, grid: Sequence[Region]) -> Image.Image:
    """Return the RGB `image` tinted by its `grid`, with a legend; a very large one at a part of its size."""
    factor = math.ceil((image.width * image.height / _MOST_PIXELS) ** 0.5)
    shown = image if factor <= 1 else image.reduce(factor)
    strongest = choose_strongest(verdict.of_pixels)
    return add_legend(paint_regions(shown, shrink_regions(grid, factor), strongest), verdict)


def shrink_regions(regions: Sequence[Region], factor: int) -> tuple[Region, ...]:
    """Return where `regions` lie in the picture reduced by `factor`."""
    return tuple(
        replace(
            region, left=region.left // factor, top=region.top // factor, size=max(1, region.size // factor)
        )
        for region in regions
    )


def paint_regions(
    image: Image.Image, regions: Sequence[Region], strongest: float = _STRONGEST
) -> Image.Image:
    """Return the RGB `image` under the tint of its `regions`: orange for fake, blue for real.

    The tint's share is `strongest` where P(fake) is 0 or 1.
    """
    painted = Image.new("RGB", image.size)
    for top in range(0, image.height, _BAND_ROWS):  # in bands: the steps between take many bytes for a pixel
        band = image.crop((0, top, image.width, min(image.height, top + _BAND_ROWS)))
        painted.paste(_paint_band(band, top, regions, strongest), (0, top))
    return painted


def _paint_band(band: Image.Image, top: int, regions: Sequence[Region], strongest: float) -> Image.Image:
    pixels = np.asarray(band, np.float32)
    strength = _measure_strength(band.size, top, regions)
    share = strongest * np.abs(strength)
    tint = np.where(strength > 0, _FAKE, _REAL)
    return Image.fromarray(np.rint(pixels * (1 - share) + tint * share).astype(np.uint8))


def _measure_strength(size: tuple[int, int], top: int, regions: Sequence[Region]) -> npt.NDArray[np.float32]:
    """Return what `regions` say of each pixel [height, width, 1], from row `top` on: -1 real to 1 fake."""
    width, height = size
    strength, seen = np.zeros((2, height, width, 1), np.float32)
    for region in regions:
        first, last = max(0, region.top - top), region.top + region.size - top
        if last <= 0 or first >= height:
            continue
        part = np.s_[first:last, region.left : region.left + region.size]
        strength[part] += 2 * region.p_fake - 1
        seen[part] += 1
    strength /= np.maximum(seen, 1)
    return strength


def draw_tint(size: tuple[int, int], regions: Sequence[Region], label: Label) -> Image.Image:
    """Return the tint of `regions` by itself, a small transparent picture to stretch over one of `size`."""
    factor = max(1, math.ceil(max(size) / _TINT_PX))
    small = (max(1, size[0] // factor), max(1, size[1] // factor))
    strength = _measure_strength(small, 0, shrink_regions(regions, factor))
    colours = np.where(strength > 0, _FAKE, _REAL)
    alpha = 255 * choose_strongest(label) * np.abs(strength)
    return Image.fromarray(np.concatenate([colours, np.rint(alpha)], axis=2).astype(np.uint8), "RGBA")


def choose_strongest(label: Label) -> float:
    """Return the largest share of the tint over a picture with this answer: faded unless that is FAKE."""
    return _STRONGEST if label is Label.FAKE else _CALM


def add_legend(picture: Image.Image, verdict: Verdict) -> Image.Image:
    """Return `picture` with a strip below it: the verdict, and what the colours mean."""
    text_px = int(np.clip(picture.width // 28, *_TEXT_PX))
    font = ImageFont.load_default(text_px)
    strip = 2 * round(1.6 * text_px)
    result = Image.new("RGB", (picture.width, picture.height + strip), palette.PAPER)
    result.paste(picture)
    draw = ImageDraw.Draw(result)
    left, top = text_px // 2, picture.height + text_px // 4
    answer = f"{str(verdict.label).upper()}  P(fake) {verdict.p_fake:.3f}  {verdict.model}"
    draw.text((left, top), answer, fill=palette.INK, font=font)
    top += round(1.6 * text_px)
    for colour, word in ((_REAL, "like a camera"), (_FAKE, "like a generator")):
        draw.rectangle((left, top + 2, left + text_px, top + text_px), fill=tuple(int(c) for c in colour))
        left += round(1.4 * text_px)
        draw.text((left, top), word, fill=palette.INK, font=font)
        left += round(draw.textlength(word, font=font)) + text_px
    return result
