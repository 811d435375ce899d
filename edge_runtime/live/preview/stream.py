"""The live picture as MJPEG: each picture is encoded once for all who watch, and only while someone does."""

import asyncio
import time
from collections.abc import AsyncIterator

from fakelens.edge_runtime.live.preview.state import Board
from fakelens.edge_runtime.pictures.encode import encode_jpeg

BOUNDARY = "fakelens-4f1c0a97d2b86e35"  # no picture holds it
MEDIA_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
MOST_WATCHERS = 8
# Chromium shows a part when it has read the head of the next: that is sent along, hence without a length.
_HEAD = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
_STEP_S = 1 / 20  # between two looks for a new picture, hence the most a second
_REPEAT_S = 5.0  # an unchanged picture is sent again: a proxy, or a watcher who left, is noticed by it


class Stream:
    """Belongs to the server's event loop."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._lock = asyncio.Lock()
        self._number, self._jpeg = 0, b""
        self._next = 0.0  # when a new picture may be encoded
        self.watchers = 0
        self.encoded = 0  # pictures, since the start
        self.closing = False  # set by the thread that closes the preview

    async def watch(self) -> AsyncIterator[bytes]:
        """Yield the parts of a multipart answer; a watcher slower than the camera misses pictures."""
        seen, sent = 0, 0.0
        yield _HEAD
        while not self.closing:
            number, jpeg = await self.encode()
            now = time.monotonic()
            if jpeg and (number != seen or now - sent > _REPEAT_S):
                seen, sent = number, now
                yield b"".join((jpeg, b"\r\n", _HEAD))
            await asyncio.sleep(_STEP_S)

    async def encode(self) -> tuple[int, bytes]:
        """Return number and JPEG bytes of the latest picture; 0 and nothing before the first."""
        async with self._lock:
            view, now = self._board.look(), time.monotonic()
            # Watchers look at different times: with a fast camera each would find a picture of its own.
            if view.frame is not None and view.number != self._number and now >= self._next:
                self._next = now + _STEP_S
                self._jpeg = await asyncio.to_thread(encode_jpeg, view.frame)
                self._number = view.number
                self.encoded += 1
            return self._number, self._jpeg
