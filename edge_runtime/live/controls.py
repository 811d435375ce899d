"""Commands that a person or a signal gives to a running loop."""

import threading


class Controls:
    """What a person or a signal may tell a running loop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.paused = False

    @property
    def stopping(self) -> bool:
        """Whether the loop is to end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End the loop; from any thread or signal handler."""
        self._stop.set()
