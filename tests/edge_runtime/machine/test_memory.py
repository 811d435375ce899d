"""Pictures wait for one another by their bytes, and never for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

from fakelens.edge_runtime.machine.memory import ByteBudget, return_large_blocks


def test_what_fits_passes_and_what_does_not_waits_for_its_turn() -> None:
    budget = ByteBudget(100)
    budget.reserve(0, 500)  # the first in line passes, however large
    entered = threading.Event()

    def reserve() -> None:
        budget.reserve(2, 60)
        entered.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reserve)
        assert not entered.wait(0.05)
        budget.finish(0)
        waiting.result(5)
    budget.reserve(1, 60)  # first in line by now
    budget.release(2)
    budget.finish(1)


def test_nobody_waits_any_more_once_it_is_lifted() -> None:
    budget = ByteBudget(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(budget.reserve, 3, 10)
        budget.lift()
        waiting.result(5)


def test_large_blocks_are_returned_where_the_system_can() -> None:
    return_large_blocks()  # does not fail anywhere; what it brings is measured with pictures
