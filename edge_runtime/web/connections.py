"""Connections to the server: who keeps silent makes room for who asks."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 64  # a browser takes up to six
SILENT_S = 5.0  # that a connection may wait without a whole request


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes silent connections, the oldest one first where there are too many.

    uvicorn's own limit answers 503 to everybody while silent connections fill it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in, in the place of a silent one where there is no other."""
        super().connection_made(transport)
        self._made_at = self.loop.time()
        self._seen: object = None  # the request that was last answered, when it was looked at
        self._look_later()
        if len(self.connections) > MOST_CONNECTIONS:
            others = (other for other in self.connections if isinstance(other, PatientProtocol))
            silent = [other for other in others if other.waiting]
            oldest = min(silent, key=lambda other: other._made_at, default=self)
            oldest.transport.abort()

    @property
    def waiting(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def _look_later(self) -> None:
        self.loop.call_later(SILENT_S, self._look)

    def _look(self) -> None:
        """Close the connection if it waited since the last look; bytes that make no request do not count."""
        if self.transport.is_closing():
            return
        if self.waiting and self._seen is self.cycle:
            self.transport.abort()
            return
        self._seen = self.cycle if self.waiting else self
        self._look_later()
