"""A quick measure of a model's speed on this machine; `fakelens bench` measures with care."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.machine.timing import time_repeats
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.modelfile.threads import choose_threads

_WARM_UP = 10  # inferences


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Latency of one inference, over a short run."""

    p50_ms: float
    p90_ms: float
    threads: int
    runs: int


def measure_speed(model: str | Path | None = None, duration_s: float = 1.0) -> Speed:
    """Return how long an inference of `model` takes, tried for `duration_s`; may raise `ModelError`."""
    threads = choose_threads(model)
    interpreter = Interpreter(read_model(find_model(model)).graph, threads)
    image_u8 = np.random.default_rng(0).integers(0, 256, interpreter.input_shape, np.uint8)
    taken_ms = time_repeats(
        lambda: interpreter.predict(image_u8), least_runs=1, least_s=duration_s, warm_up=_WARM_UP
    )
    p50_ms, p90_ms = (float(value) for value in np.percentile(taken_ms, [50, 90]))
    return Speed(p50_ms=p50_ms, p90_ms=p90_ms, threads=threads, runs=len(taken_ms))
