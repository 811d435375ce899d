"""A plugin of pytest that writes the processor time of each test, its fixtures and processes included.

`pytest -p tests.processor_time` adds lines of seconds and test to the file that PROCESSOR_TIMES names. Wall
time says little where several tests share a core. Processes that outlive a test count for the one that ends
them.
"""

import os
import resource
from collections.abc import Generator
from pathlib import Path

import pytest

VARIABLE = "PROCESSOR_TIMES"


def measure_s() -> float:
    """Return the processor time of this process and of those it has waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Write a line after each test."""
    before = measure_s()
    done = yield
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:  # whole lines, whoever writes
            file.write(f"{measure_s() - before:8.2f}  {item.nodeid}\n")
    return done
