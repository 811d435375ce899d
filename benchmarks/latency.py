"""How long one inference takes on this machine, with nothing else of ours running."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.preprocess import ImageU8

TIMED_IMAGES = 100
_WARM_UP = 10  # inferences; the first ones pack weights and fill caches


def measure_latency(detector: Detector, fitted: Sequence[ImageU8]) -> npt.NDArray[np.float64]:
    """Return the milliseconds of inference for each image, uint8 [tiles, size, size, 3], after a warm-up."""
    for _ in range(_WARM_UP):
        detector.score(fitted[0][:1])
    latency_ms = np.empty(len(fitted))
    for row, tiles_u8 in enumerate(fitted):
        start = time.perf_counter()
        detector.score_image(tiles_u8)
        latency_ms[row] = (time.perf_counter() - start) * 1e3
    return latency_ms
