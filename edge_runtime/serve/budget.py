"""How many bytes are held at a time: encoded ones as they arrive, decoded ones as they are checked."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Hold:
    """The bytes of one request."""

    def __init__(self, gate: "ByteGate") -> None:
        self._gate = gate
        self.held_bytes = 0

    async def take(self, size_bytes: int) -> None:
        """Wait until `size_bytes` more fit in, or until this is the oldest hold."""
        while not self._gate.admits(self, size_bytes):
            await self._gate.wait()
        self.held_bytes += size_bytes


class ByteGate:
    """Lets requests hold bytes up to a number together; the oldest always goes on, or none would.

    Who waits here reads nothing from the network, so that the client is slowed down by TCP. It belongs to the
    server's event loop.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._holds: list[Hold] = []
        self._changed = asyncio.Event()

    @property
    def held_bytes(self) -> int:
        """Of all requests together."""
        return sum(hold.held_bytes for hold in self._holds)

    @contextmanager
    def open(self) -> Iterator[Hold]:
        """Yield a hold; what it has taken is given back at the end."""
        hold = Hold(self)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            self._changed.set()
            self._changed = asyncio.Event()

    def admits(self, hold: Hold, size_bytes: int) -> bool:
        """Return whether `hold` may take so many bytes more."""
        return self._holds[0] is hold or self.held_bytes + size_bytes <= self._budget_bytes

    async def wait(self) -> None:
        """Wait until a hold ends."""
        await self._changed.wait()


class PixelBudget:
    """Lets threads hold decoded pictures up to a number of bytes together; one picture alone always fits."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._held: dict[object, int] = {}
        self._changed = threading.Condition()

    def reserve(self, holder: object, size_bytes: int) -> None:
        """Wait until `size_bytes` fit in; a holder that has some already, as of an animation, never waits."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    not self._held
                    or holder in self._held
                    or sum(self._held.values()) + size_bytes <= self._budget_bytes
                )
            )
            self._held[holder] = max(size_bytes, self._held.get(holder, 0))

    def release(self, holder: object) -> None:
        """Give back all that `holder` has."""
        with self._changed:
            self._held.pop(holder, None)
            self._changed.notify_all()
