import threading
import time
from collections.abc import Iterator

import pytest

from fakelens.edge_runtime.workers import map_in_order


def test_results_come_in_the_order_of_the_items() -> None:
    def double(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return 2 * number

    assert list(map_in_order(double, range(50), 4)) == [2 * number for number in range(50)]
    assert list(map_in_order(double, [], 4)) == []


def test_workers_run_beside_each_other() -> None:
    both = threading.Barrier(2, timeout=10)
    assert sorted(map_in_order(lambda _: both.wait(), range(2), 2)) == [0, 1]


def test_few_items_are_taken_ahead_of_the_consumer() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = map_in_order(str, items(), 2)
    assert [next(results) for _ in range(10)] == [str(number) for number in range(10)]
    assert len(taken) < 50


def test_an_error_reaches_the_consumer() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(lambda number: 1 // number, [1, 0, 1], 2))
