"""Ctrl-C between two steps of training, not in the middle of one.

Python raises it wherever the main thread is. In a destructor it is printed and forgotten, and TensorFlow runs
many; in what TensorFlow calls from C++ it may end the process.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fakelens.edge_runtime.signals import signals_kept_back


@contextmanager
def postponed_interrupts() -> Iterator[Callable[[], None]]:
    """Keep Ctrl-C back until the function given is called, or the block ends; a second one is raised at once.

    Nothing changes where Ctrl-C is ignored or handled by somebody else, and outside the main thread.
    """
    interrupted = threading.Event()

    def stop_if_asked() -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield stop_if_asked
        return
    with signals_kept_back((signal.SIGINT,), interrupted.set):
        yield stop_if_asked
