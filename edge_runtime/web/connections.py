"""Connections to the server: who keeps silent makes room for who asks."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

MOST_CONNECTIONS = 64  # a browser takes up to six
SILENT_S = 5.0  # that a connection may wait without a whole request
_MOST_PIPELINED = 16  # requests behind one that is not answered yet; hardly a client sends two
_HEAD_BYTES = 64 << 10  # of a request: its first line and its headers
REFUSED_BYTES = 8 << 20  # of a body that nobody wants: who sends on may read the answer first
_LINGER_S = 1.0  # that who is turned away has to read the answer: closed at once, it may be lost


class Patience:
    """Closes silent connections, the oldest one first where there are too many; for uvicorn's HTTP/1.1.

    uvicorn's own limit answers 503 to everybody while silent connections fill it.
    """

    # uvicorn's, whichever parser is below.
    cycle: Any
    connections: set[Any]
    loop: asyncio.AbstractEventLoop
    pipeline: Sequence[Any] = ()  # what waits for the answer before it; h11 leaves it unread
    transport: asyncio.Transport
    refused_bytes = (
        REFUSED_BYTES  # read of a refused body: clients that send it all first get the answer then
    )

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take the connection in, in the place of a silent one where there is no other."""
        super().connection_made(transport)  # type: ignore[misc]
        self._made_at = self.loop.time()
        self._seen: object = None  # the request that was last answered, when it was looked at
        self._idle_bytes = 0  # that came while no request was under way
        self._turned_away = False
        others = [other for other in self.connections if isinstance(other, Patience) and other is not self]
        admitted = [other for other in others if not other._turned_away]
        if len(admitted) >= MOST_CONNECTIONS:
            silent = [other for other in admitted if other.waiting]
            if not silent:
                self._turn_away(len(others) - len(admitted))
                return
            min(silent, key=lambda other: other._made_at).transport.abort()
        self._look_later()

    def _turn_away(self, others: int) -> None:
        """Answer before a request has come, unless there are too many who are being turned away already."""
        self._turned_away = True
        if others >= MOST_CONNECTIONS:
            self.transport.abort()
            return
        text = f"busy: {MOST_CONNECTIONS} connections are being answered; try again in a second"
        self.transport.write(_make_refusal("503 Service Unavailable", text, "retry-after: 1\r\n"))
        self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Parse `data`; neither a head without end is collected, nor a body read that was refused."""
        if self._turned_away:
            return
        refused = self.cycle is not None and self.cycle.more_body
        if self._idle_bytes > (self.refused_bytes if refused else _HEAD_BYTES):
            self.transport.abort()
            return
        self._idle_bytes += len(data)
        super().data_received(data)  # type: ignore[misc]
        if not self.waiting:
            self._idle_bytes = 0

    def on_message_begin(self) -> None:
        """Begin a request; who sends on and on, and reads no answer, is cut off: each would be kept."""
        if len(self.pipeline) >= _MOST_PIPELINED:
            self.transport.abort()
            raise ConnectionAbortedError  # ends the parsing of what came along
        super().on_message_begin()  # type: ignore[misc]

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no HTTP as every other refusal is said; `msg` are uvicorn's own words."""
        if self.transport.is_closing():
            return
        self.transport.write(_make_refusal("400 Bad Request", msg))
        self.transport.close()

    @property
    def waiting(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or bool(self.cycle.response_complete)

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


def _make_refusal(status: str, text: str, more: str = "") -> bytes:
    """Return a whole answer with one line in `error`, before there is an application to give one."""
    body = json.dumps({"error": text})
    head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{more}"
    return f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode()


def choose_protocol(refused_bytes: int = REFUSED_BYTES) -> type[asyncio.Protocol]:
    """Return the patient protocol: by httptools, a parser in C, where it is installed, else by h11.

    So many bytes of a body that was refused are read, and thrown away.
    """
    settings = {"refused_bytes": refused_bytes}
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("PatientH11", (Patience, H11Protocol), settings)
    return type("PatientHttpTools", (Patience, HttpToolsProtocol), settings)


def make_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop: uvloop's, in C, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
