"""Warm-up, repeated runs and their milliseconds: the stopwatch of `doctor`, `watch` and the benchmarks."""

import time
from collections.abc import Callable


def time_repeats(
    step: Callable[[], object], *, least_runs: int, least_s: float, warm_up: int = 0
) -> list[float]:
    """Return the milliseconds of each run of `step`, `least_runs` and `least_s` seconds of them at least.

    `warm_up` runs go before and do not count.
    """
    for _ in range(warm_up):
        step()
    taken_ms: list[float] = []
    end = time.perf_counter() + least_s
    while len(taken_ms) < least_runs or time.perf_counter() < end:
        taken_ms.append(time_once(step))
    return taken_ms


def time_once(step: Callable[[], object]) -> float:
    """Return the milliseconds of one run of `step`."""
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3
