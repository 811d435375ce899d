"""Where in a picture the model sees traces: the picture with its tiles tinted, a legend and the verdict."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fakelens.edge_runtime.detector import CheckedFile, Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.page import encode_png
from fakelens.edge_runtime.tiles import Region
from fakelens.edge_runtime.verdict import Label, Verdict

_REAL, _FAKE = np.array(
    [[0, 114, 178], [230, 159, 0]], np.float32
)  # blue and orange, as on every page and plot
_STRONGEST = 0.6  # share of the tint where P(fake) is 0 or 1; at 0.5 there is none
_CALM = 0.1  # the same in a picture that is not FAKE: single tiles of any photo look odd, which says nothing
_TEXT_PX = (11, 48)  # height of the letters, between these
_INK, _PAPER = (29, 29, 31), (245, 245, 247)


class HeatmapSink:
    """Writes one PNG a picture into a folder, named after the file; equal names are numbered."""

    def __init__(self, detector: Detector, folder: Path) -> None:
        """`UsageError` where the model of `detector` looks at an image as a whole."""
        if not detector.map_regions(Image.new("RGB", (1, 1))):
            raise UsageError(
                f"--heatmap needs a model that looks at tiles; {detector.contract.name} sees each picture "
                "scaled to its input size, as a whole"
            )
        self._detector, self._folder = detector, folder
        self._names: Counter[str] = Counter()
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, result: CheckedFile) -> None:
        """Write the heatmap of one result; nothing for a file that could not be read."""
        if result.image is None or result.verdict is None:
            return
        stem = Path(result.path).stem
        self._names[stem] += 1
        name = stem if self._names[stem] == 1 else f"{stem}-{self._names[stem]}"
        strongest = _STRONGEST if result.verdict.label is Label.FAKE else _CALM
        painted = add_legend(paint_regions(result.image, result.grid, strongest), result.verdict)
        write_atomic(self._folder / f"{name}.png", encode_png(painted))


def paint_regions(
    image: Image.Image, regions: Sequence[Region], strongest: float = _STRONGEST
) -> Image.Image:
    """Return the RGB `image` under the tint of its `regions`: orange for fake, blue for real.

    The tint's share is `strongest` where P(fake) is 0 or 1.
    """
    pixels = np.asarray(image, np.float32)
    strength, seen = np.zeros((2, *pixels.shape[:2], 1), np.float32)
    for region in regions:
        part = np.s_[region.top : region.top + region.size, region.left : region.left + region.size]
        strength[part] += 2 * region.p_fake - 1
        seen[part] += 1
    strength /= np.maximum(seen, 1)
    share = strongest * np.abs(strength)
    tint = np.where(strength > 0, _FAKE, _REAL)
    return Image.fromarray(np.rint(pixels * (1 - share) + tint * share).astype(np.uint8))


def add_legend(picture: Image.Image, verdict: Verdict) -> Image.Image:
    """Return `picture` with a strip below it: the verdict, and what the colours mean."""
    text_px = int(np.clip(picture.width // 28, *_TEXT_PX))
    font = ImageFont.load_default(text_px)
    strip = 2 * round(1.6 * text_px)
    result = Image.new("RGB", (picture.width, picture.height + strip), _PAPER)
    result.paste(picture)
    draw = ImageDraw.Draw(result)
    left, top = text_px // 2, picture.height + text_px // 4
    answer = f"{str(verdict.label).upper()}  P(fake) {verdict.p_fake:.3f}  {verdict.model}"
    draw.text((left, top), answer, fill=_INK, font=font)
    top += round(1.6 * text_px)
    for colour, word in ((_REAL, "like a camera"), (_FAKE, "like a generator")):
        draw.rectangle((left, top + 2, left + text_px, top + text_px), fill=tuple(int(c) for c in colour))
        left += round(1.4 * text_px)
        draw.text((left, top), word, fill=_INK, font=font)
        left += round(draw.textlength(word, font=font)) + text_px
    return result
