"""Does a verdict survive what happens to every picture on its way? `fakelens check --stable`."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from fakelens.edge_runtime.degradations import recompress_jpeg, shrink
from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.verdict import Label, Verdict

_QUALITIES = (85, 70)  # JPEG, 4:2:0
_SCALE = 0.85  # of the side


def recheck(detector: Detector, image: Image.Image, verdict: Verdict) -> Verdict:
    """Return `verdict` on the upright RGB `image`, or UNSURE where a mild degradation turns it over.

    The degradations are JPEG at 85 and at 70, and scaling to 85% of the side. A verdict is turned over when
    P(fake) falls on the other side of the contract's threshold. Its time grows by what was added.
    """
    start = time.perf_counter()
    threshold = detector.contract.decision.threshold
    is_fake = verdict.p_fake >= threshold
    turned = any(
        (detector.check(degraded).p_fake >= threshold) != is_fake for degraded in _degrade_mildly(image)
    )
    latency_ms = verdict.latency_ms + (time.perf_counter() - start) * 1e3
    return replace(verdict, label=Label.UNSURE if turned else verdict.label, latency_ms=latency_ms)


def _degrade_mildly(image: Image.Image) -> Iterator[Image.Image]:
    pixels = np.asarray(image, np.uint8)
    for quality in _QUALITIES:
        yield Image.fromarray(recompress_jpeg(pixels, quality))
    yield Image.fromarray(shrink(pixels, _SCALE))
