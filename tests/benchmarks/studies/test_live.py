"""The cost of the live loop."""

import numpy as np
import pytest

from fakelens.benchmarks.studies.live import (
    OverheadResult,
    is_within_limits,
    measure_overhead,
    report_overhead,
)
from fakelens.edge_runtime.modelfile.library import list_models


@pytest.mark.skipif(not list_models(), reason="no release model is committed yet")
def test_the_loop_is_timed_apart_from_inference() -> None:
    """Whether it keeps the limits is the command's to say, on an idle machine."""
    result = measure_overhead(frames=60, fps=100)
    assert len(result.overhead_ms) == len(result.inference_ms) == 60
    assert (result.overhead_ms > 0).all()
    assert np.median(result.inference_ms) > 0.05
    assert result.frame_ms == 10
    assert f"overhead   n 60  p50 {np.median(result.overhead_ms):.3f} ms" in report_overhead(result)


@pytest.mark.skipif("photo" not in list_models(), reason="the release model photo is not committed")
def test_inference_is_no_part_of_the_overhead() -> None:
    result = measure_overhead(frames=8, fps=50, model="photo")
    assert np.median(result.overhead_ms) < np.median(result.inference_ms) / 2  # tens of tiles a frame


@pytest.mark.parametrize(("overhead", "frame", "fine"), [(0.9, 33, True), (1.1, 33, False), (0.9, 10, False)])
def test_both_limits_hold(overhead: float, frame: float, fine: bool) -> None:
    result = OverheadResult(
        overhead_ms=np.array([overhead] * 3), inference_ms=np.array([1.0]), frame_ms=frame
    )
    assert is_within_limits(result) is fine
