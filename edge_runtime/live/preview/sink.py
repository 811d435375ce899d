"""The live checker in a browser: a small web server in a thread of its own."""

import asyncio
import logging
import threading
from dataclasses import dataclass

from PIL import Image

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.live.preview.address import Address, is_loopback, listen, parse_address
from fakelens.edge_runtime.live.preview.state import Board
from fakelens.edge_runtime.live.status import LiveStatus

_SHORTEST_TOKEN = 8  # characters
_MOST_CONNECTIONS = 64  # a browser takes up to six
_FAREWELL_S = 1  # for answers under way when the server closes


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """Where the preview listens and what it asks for."""

    address: str = "127.0.0.1:8080"  # HOST:PORT, [IPV6]:PORT or PORT; port 0 takes a free one
    token: str | None = None  # a must where others than this machine can reach it


class PreviewSink:
    """A `LiveSink` that shows everything on a page; see `web` for what else it answers."""

    def __init__(self, config: PreviewConfig) -> None:
        """Start serving; `UsageError` where the address cannot be used or a token is missing."""
        require_extra("preview", "starlette", "uvicorn")
        address = parse_address(config.address)
        _check_token(config.token, address)
        self._socket = listen(address)
        port: int = self._socket.getsockname()[1]
        host = f"[{address.host}]" if ":" in address.host else address.host
        self.url = f"http://{host}:{port}/"
        self._board = Board()
        self._start(port, config.token)

    @property
    def encoded(self) -> int:
        """Pictures encoded since the start: none while nobody watches."""
        return self._stream.encoded

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Take in a status; costs microseconds, since pictures are encoded in the server's thread."""
        self._board.put(status, frame)

    def close(self) -> None:
        """End all answers and the server."""
        # A watcher who does not read is cut off: uvicorn would log that as an error, with a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._stream.closing = True
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _start(self, port: int, token: str | None) -> None:
        import uvicorn

        from fakelens.edge_runtime.live.preview.stream import Stream
        from fakelens.edge_runtime.live.preview.web import make_app

        self._stream = Stream(self._board)
        config = uvicorn.Config(
            make_app(self._board, self._stream, port, token),
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,  # logging is the command's matter
            log_level="error",  # else each stray byte of a port scan is a line in the journal
            access_log=False,  # it would write tokens down
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_FAREWELL_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="preview", daemon=True
        )
        self._thread.start()

    async def _serve(self) -> None:
        await self._server.serve(sockets=[self._socket])
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()  # still full of what nobody read; left alone, it would stay open
        await asyncio.sleep(0)


def _check_token(token: str | None, address: Address) -> None:
    if token is None and not is_loopback(address.host):
        raise UsageError(
            f"--preview {address.host}:{address.port} can be reached from other machines: choose a --token, "
            "or listen on 127.0.0.1 alone"
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise UsageError(
            f"--token has {len(token)} characters, at least {_SHORTEST_TOKEN} are needed; this makes one: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(16))"'
        )
