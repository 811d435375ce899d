"""Ending in order on Ctrl-C and SIGTERM, at any moment."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fakelens.edge_runtime.live.loop import Controls


@contextmanager
def stopped_by_signals(controls: Controls) -> Iterator[None]:
    """Let either signal end the loop that heeds `controls`; a second one ends the process at once.

    Raises `KeyboardInterrupt` after the block where it was Ctrl-C; SIGTERM is how services are stopped, no
    failure. For the main thread.
    """
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        controls.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received and received[0] == signal.SIGINT:
        raise KeyboardInterrupt
