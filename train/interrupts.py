"""Ctrl-C between two steps of training, not in the middle of one.

Python raises it wherever the main thread is. In a destructor it is printed and forgotten, and TensorFlow runs
many; in what TensorFlow calls from C++ it may end the process.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def postponed_interrupts() -> Iterator[Callable[[], None]]:
    """Keep Ctrl-C back until the function given is called, or the block ends; a second one is raised at once.

    Nothing changes where Ctrl-C is ignored or heeded by somebody else, and outside the main thread.
    """
    received: list[int] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    def heed() -> None:
        if received:
            raise KeyboardInterrupt

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heed
        return
    signal.signal(signal.SIGINT, receive)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    heed()
