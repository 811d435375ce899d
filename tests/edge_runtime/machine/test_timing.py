"""Repeats go on until there are enough of them and enough time has passed."""

import time

from fakelens.edge_runtime.machine.timing import time_repeats


def test_a_slow_step_is_repeated_often_enough_and_a_quick_one_long_enough() -> None:
    calls: list[float] = []
    assert len(time_repeats(lambda: calls.append(0), least_runs=5, least_s=0, warm_up=3)) == 5
    assert len(calls) == 8
    start = time.perf_counter()
    taken_ms = time_repeats(lambda: time.sleep(0.001), least_runs=1, least_s=0.02)
    assert time.perf_counter() - start >= 0.02
    assert min(taken_ms) >= 1
