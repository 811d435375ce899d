"""The fastest number of threads for a model on this machine: measured once, then remembered.

No rule holds: on tiny networks a second thread costs more than it brings, on large ones it nearly halves
the time, and where the border lies depends on the processor.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np

from fakelens.edge_runtime.files import cache_folder, write_atomic
from fakelens.edge_runtime.machine.timing import time_repeats
from fakelens.edge_runtime.modelfile.container import ModelFile, read_model
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model

_MOST = 4  # threads; the boards have four cores
_ROUNDS = 3  # interleaved, so that a passing load hits every candidate
_ROUND_S = 0.05  # seconds for a candidate in each round, at least
_WARM_UP = 3  # inferences
_GAIN = 0.9  # of the time: a further thread must bring a tenth, for it takes a core from the camera


def choose_threads(model: str | Path | None = None, cache: Path | None = None) -> int:
    """Return the number of interpreter threads that is fastest for `model` here; takes about half a second.

    The answer is kept in `cache`, by default the user's cache folder, until model, LiteRT or machine change.
    Raises `ModelError` where `model` is no model.
    """
    file = read_model(find_model(model))
    most = min(_MOST, count_cores())
    if most == 1:
        return 1
    cache = cache or cache_folder()
    path = cache / f"threads-{_identify(file, most)}.json"
    try:
        kept = json.loads(path.read_text())["threads"]
        if isinstance(kept, int) and 1 <= kept <= most:
            return kept
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not measured yet, or damaged
    latency_ms = measure_threads(file.graph, most)
    threads = pick_fastest(latency_ms)
    with suppress(OSError):  # a service may have no home to write to: it measures at each start
        write_atomic(path, json.dumps({"threads": threads, "latency_ms": latency_ms}))
    return threads


def measure_threads(graph: bytes, most: int) -> dict[int, float]:
    """Return the lowest median latency, ms, of one inference of `graph` with 1, 2, ... `most` threads."""
    interpreters = {threads: Interpreter(graph, threads) for threads in range(1, most + 1)}
    shape = interpreters[1].input_shape
    image_u8 = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    best: dict[int, float] = {}
    for _ in range(_ROUNDS):
        for threads, interpreter in interpreters.items():
            latency_ms = _time_round(interpreter, image_u8)
            best[threads] = min(latency_ms, best.get(threads, latency_ms))
    return best


def pick_fastest(latency_ms: dict[int, float]) -> int:
    """Return the number of threads to take: more only where they take a tenth less time than fewer."""
    chosen = min(latency_ms)
    for threads in sorted(latency_ms):
        if latency_ms[threads] < _GAIN * latency_ms[chosen]:
            chosen = threads
    return chosen


def count_cores() -> int:
    """Return the cores this process may use, which a container or a service may limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _time_round(interpreter: Interpreter, image_u8: np.typing.NDArray[np.uint8]) -> float:
    taken_ms = time_repeats(
        lambda: interpreter.predict(image_u8), least_runs=_WARM_UP, least_s=_ROUND_S, warm_up=_WARM_UP
    )
    return float(np.median(taken_ms))


def _identify(file: ModelFile, most: int) -> str:
    import hashlib  # here, with what takes long to load: a check only counts the cores
    import platform
    from importlib.metadata import version

    machine = (platform.node(), platform.machine(), str(most), version("ai-edge-litert"))
    return hashlib.sha256(" ".join((file.contract.graph_sha256, *machine)).encode()).hexdigest()[:16]
