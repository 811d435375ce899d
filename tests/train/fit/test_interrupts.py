import signal
import threading
from collections.abc import Iterator

import pytest

from fakelens.train.fit.interrupts import postponed_interrupts


@pytest.fixture(autouse=True)
def in_the_foreground() -> Iterator[None]:
    """Heed Ctrl-C, which a shell's background jobs ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def work(interruptions: int, ask: bool) -> list[str]:
    """Return how far the work came that Ctrl-C interrupts so many times."""
    done = []
    try:
        with postponed_interrupts() as heed:
            heed()
            for _ in range(interruptions):
                signal.raise_signal(signal.SIGINT)
                done.append("went on")
            if ask:
                heed()
            done.append("finished")
        done.append("not heeded")
    except KeyboardInterrupt:
        done.append("heeded")
    return done


@pytest.mark.parametrize(
    ("interruptions", "ask", "done"),
    [
        (0, True, ["finished", "not heeded"]),
        (1, True, ["went on", "heeded"]),
        (1, False, ["went on", "finished", "heeded"]),
        (2, True, ["went on", "heeded"]),  # the second one at once
    ],
)
def test_an_interruption_waits_until_it_is_asked_for(interruptions: int, ask: bool, done: list[str]) -> None:
    assert work(interruptions, ask) == done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_it_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert work(2, ask=True) == ["went on", "went on", "finished", "not heeded"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_may_train_too() -> None:
    done: list[str] = []
    thread = threading.Thread(target=lambda: done.extend(work(0, ask=True)))
    thread.start()
    thread.join()
    assert done == ["finished", "not heeded"]
