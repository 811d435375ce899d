"""The live checker in a browser: a small web server in a thread of its own."""

from dataclasses import dataclass

from PIL import Image

from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.live.preview.state import Board
from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.web.address import check_token, listen, parse_address


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """Where the preview listens and what it asks for."""

    address: str = "127.0.0.1:8080"  # HOST:PORT, [IPV6]:PORT or PORT; port 0 takes a free one
    token: str | None = None  # a must where others than this machine can reach it
    decision: Decision | None = None  # of the model, for the band on the scale


class PreviewSink:
    """A `LiveSink` that shows everything on a page; see `web` for what else it answers."""

    def __init__(self, config: PreviewConfig) -> None:
        """Start serving; `UsageError` where the address cannot be used or a token is missing."""
        require_extra("preview", "starlette", "uvicorn")
        from fakelens.edge_runtime.live.preview.stream import Stream
        from fakelens.edge_runtime.live.preview.web import make_app
        from fakelens.edge_runtime.web.server import LocalServer, name_url

        address = parse_address(config.address)
        check_token(config.token, address)
        opened = listen(address)
        self.url = name_url(address.host, opened)
        self._board = Board(config.decision)
        self._stream = Stream(self._board)
        app = make_app(self._board, self._stream, opened.getsockname()[1], config.token)
        self._server = LocalServer(app, opened, name="preview")

    @property
    def encoded(self) -> int:
        """Pictures encoded since the start: none while nobody watches."""
        return self._stream.encoded

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Take in a status; costs microseconds, since pictures are encoded in the server's thread."""
        self._board.put(status, frame)

    def close(self) -> None:
        """End all answers and the server."""
        self._stream.closing = True
        self._server.close()
