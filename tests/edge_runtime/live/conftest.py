"""A model that looks at tiles, a sink that keeps everything, videos and streams as cameras give them."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.modelfile.contract import Decision, Pool

SIZE = 8


class KeepingSink:
    """A `LiveSink` that keeps what it is told."""

    def __init__(self) -> None:
        self.statuses: list[LiveStatus] = []
        self.pictures: list[Image.Image | None] = []
        self.closed = 0

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        self.statuses.append(status)
        self.pictures.append(frame)

    def close(self) -> None:
        self.closed += 1

    @property
    def states(self) -> list[CameraState]:
        """The states one after the other, each once."""
        found: list[CameraState] = []
        for status in self.statuses:
            if not found or found[-1] is not status.state:
                found.append(status.state)
        return found

    @property
    def checked(self) -> list[LiveStatus]:
        """The statuses that came with a frame."""
        return [status for status, frame in zip(self.statuses, self.pictures, strict=True) if frame]


@pytest.fixture
def kept() -> KeepingSink:
    return KeepingSink()


@pytest.fixture
def tile_model(pack_tile_model: Callable[..., Path]) -> Path:
    """Calls bright tiles of 8 px fake, up to 9, pooled by the highest quarter; UNSURE from .4 to .6."""
    return pack_tile_model(9, Pool.TOP, decision=Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6))


@pytest.fixture
def save_greys(tmp_path: Path) -> Callable[[list[int]], Path]:
    """Write a folder of pictures of 24 x 16 px, one for each grey level, in this order."""

    def save(levels: list[int]) -> Path:
        folder = tmp_path / "greys"
        folder.mkdir()
        for number, level in enumerate(levels):
            Image.fromarray(np.full((16, 24, 3), level, np.uint8)).save(folder / f"{number:03d}.png")
        return folder

    return save


class StreamServer:
    """An MJPEG stream on the loopback address, that can be cut and restored."""

    def __init__(self) -> None:
        self.cut = threading.Event()
        self.connections = 0
        self.paths: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.connections += 1
                server.paths.append(self.path)
                if server.cut.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                while not server.cut.is_set():
                    number += 1
                    self.wfile.write(_make_part(number))
                    time.sleep(0.02)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/stream"

    def close(self) -> None:
        self.cut.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def stream_server() -> Iterator[StreamServer]:
    server = StreamServer()
    yield server
    server.close()


def _make_part(number: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.full((48, 64, 3), 40 + number % 8, np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    jpeg = buffer.getvalue()
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
    return head + jpeg + b"\r\n"
