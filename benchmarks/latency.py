"""How long one inference takes on this machine, with nothing else of ours running."""

import time

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.preprocess import ImageU8

TIMED_IMAGES = 100
_WARM_UP = 10  # inferences; the first ones pack weights and fill caches


def measure_latency(detector: Detector, images_u8: ImageU8) -> npt.NDArray[np.float64]:
    """Return the milliseconds of inference for each of `images_u8` [n, size, size, 3], after a warm-up."""
    for _ in range(_WARM_UP):
        detector.score(images_u8[:1])
    latency_ms = np.empty(len(images_u8))
    for row, image_u8 in enumerate(images_u8):
        start = time.perf_counter()
        detector.score(image_u8[None])
        latency_ms[row] = (time.perf_counter() - start) * 1e3
    return latency_ms
