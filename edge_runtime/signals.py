"""Signals kept back, so that what runs ends where it can."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


@contextmanager
def signals_kept_back(numbers: Sequence[int], on_first: Callable[[], None]) -> Iterator[None]:
    """Call `on_first` at the first of these signals; a second one raises `KeyboardInterrupt` at once.

    Raises it after the block, too, where the first one was Ctrl-C; SIGTERM is how services are stopped, no
    failure. For the main thread.
    """
    received: list[int] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        on_first()

    before = {number: signal.signal(number, receive) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received and received[0] == signal.SIGINT:
        raise KeyboardInterrupt
