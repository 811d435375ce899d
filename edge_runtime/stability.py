"""Does a verdict survive what happens to every picture on its way? `fakelens check --stable`."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from PIL import Image

from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.preprocess import load_image
from fakelens.edge_runtime.verdict import Label, Verdict

_QUALITIES = (85, 70)  # JPEG, 4:2:0
_SCALE = 0.85  # of the side
_JPEG_MOST_PX = 65_488  # of a side; a multiple of the blocks, so that a seam is one between blocks too


def recheck(detector: Detector, image: Image.Image, verdict: Verdict) -> Verdict:
    """Return `verdict` on the upright RGB `image`, or UNSURE where a mild degradation turns it over.

    The degradations are JPEG at 85 and at 70, and scaling to 85% of the side. A verdict is turned over when
    P(fake) falls on the other side of the contract's threshold. Its time grows by what was added.
    """
    start = time.perf_counter()
    threshold = detector.contract.decision.threshold
    is_fake = verdict.p_fake >= threshold
    turned = False
    for degraded in _degrade_mildly(image):
        turned = turned or (detector.check(degraded()).p_fake >= threshold) != is_fake
    latency_ms = verdict.latency_ms + (time.perf_counter() - start) * 1e3
    return replace(verdict, label=Label.UNSURE if turned else verdict.label, latency_ms=latency_ms)


def _degrade_mildly(image: Image.Image) -> Iterator[Callable[[], Image.Image]]:
    """Yield what makes each degraded picture, so that one of them is in memory at a time."""
    for quality in _QUALITIES:
        yield partial(_recompress, image, quality)
    width, height = (max(1, round(_SCALE * side)) for side in image.size)
    yield lambda: image.resize((width, height), Image.Resampling.BICUBIC)


def _recompress(image: Image.Image, quality: int) -> Image.Image:
    """Return `image` after JPEG; in pieces where it is longer than a JPEG may be."""
    if max(image.size) <= _JPEG_MOST_PX:
        return _recompress_piece(image, quality)
    result = Image.new("RGB", image.size)
    for top in range(0, image.height, _JPEG_MOST_PX):
        for left in range(0, image.width, _JPEG_MOST_PX):
            right = min(image.width, left + _JPEG_MOST_PX)
            below = min(image.height, top + _JPEG_MOST_PX)
            result.paste(_recompress_piece(image.crop((left, top, right, below)), quality), (left, top))
    return result


def _recompress_piece(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=2)
    return load_image(buffer.getvalue())
