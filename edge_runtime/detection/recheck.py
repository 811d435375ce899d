"""Does a verdict survive what happens to every picture on its way? `fakelens check --stable`."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.detection.video import drop_repeated
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.modelfile.contract import Pool
from fakelens.edge_runtime.pictures.degradations import recompress_jpeg, shrink_image
from fakelens.edge_runtime.pictures.preprocess import MAX_MEGAPIXELS, MAX_PIXELS
from fakelens.edge_runtime.pictures.tiles import pool_scores
from fakelens.edge_runtime.pictures.video.still import Still

_QUALITIES = (85, 70)  # JPEG, 4:2:0
_SCALE = 0.85  # of the side
_BLOCK_PX = 16  # of JPEG with 4:2:0: pieces end between blocks
_JPEG_MOST_PX = 65_488  # of a side
_PIECE_PIXELS = 16_000_000


def recheck(detector: Detector, image: Image.Image, verdict: Verdict) -> Verdict:
    """Return `verdict` on the upright RGB `image`, or UNSURE where a mild degradation turns it over.

    The degradations are JPEG at 85 and at 70, and scaling to 85% of the side. A verdict is turned over when
    P(fake) falls on the other side of the contract's threshold. Its time grows by what was added. Raises
    `ImageError` for a picture of which no second one fits into memory.
    """
    start = time.perf_counter()
    return _conclude(detector, verdict, _check_degraded(detector, image), start)


def recheck_stills(detector: Detector, stills: Iterable[Still], verdict: Verdict) -> Verdict:
    """Return `verdict` on a video or an animation, of which `stills` are, as `recheck` does on a picture.

    Each degradation is done to all pictures, and the mean of what comes of it is held against the threshold.
    """
    start = time.perf_counter()
    frames, rows = [], []
    for still in drop_repeated(stills):
        frames.append(still.frames)
        rows.append(list(_check_degraded(detector, still.image)))
    means = (pool_scores(column, Pool.MEAN, np.array(frames)) for column in np.array(rows).T)
    return _conclude(detector, verdict, means, start)


def _conclude(detector: Detector, verdict: Verdict, degraded: Iterable[float], start: float) -> Verdict:
    threshold = detector.contract.decision.threshold
    turned = any((p_fake >= threshold) != (verdict.p_fake >= threshold) for p_fake in degraded)
    latency_ms = verdict.latency_ms + (time.perf_counter() - start) * 1e3
    label = Label.UNSURE if turned else verdict.label
    return replace(verdict, label=label, unstable=turned, latency_ms=latency_ms)


def _check_degraded(detector: Detector, image: Image.Image) -> Iterator[float]:
    """Yield P(fake) after each degradation; one degraded picture is in memory at a time."""
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"its {image.width} x {image.height} px are too many for --stable, which takes up to "
            f"{MAX_MEGAPIXELS} megapixels; scale it down, or leave --stable out"
        )
    for quality in _QUALITIES:
        yield detector.check(_recompress(image, quality)).p_fake
    yield detector.check(shrink_image(image, _SCALE)).p_fake


def _recompress(image: Image.Image, quality: int) -> Image.Image:
    """Return `image` after JPEG; in pieces where it is longer than a JPEG may be, or very large."""
    width, height = (min(side, _JPEG_MOST_PX) for side in image.size)
    height = min(height, max(_BLOCK_PX, _PIECE_PIXELS // width // _BLOCK_PX * _BLOCK_PX))
    result = Image.new("RGB", image.size)
    for top in range(0, image.height, height):
        for left in range(0, image.width, width):
            box = (left, top, min(image.width, left + width), min(image.height, top + height))
            pixels = np.asarray(image.crop(box), np.uint8)
            result.paste(Image.fromarray(recompress_jpeg(pixels, quality)), (left, top))
    return result
