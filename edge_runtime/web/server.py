"""An ASGI application served in a thread of its own, until it is closed."""

import asyncio
import logging
import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from fakelens.edge_runtime.web.connections import REFUSED_BYTES, choose_protocol, make_loop


class LocalServer:
    """Serves `app` on a listening socket from the start on; the thread ends with `close`."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        *,
        name: str,
        farewell_s: float = 1,
        refused_bytes: int = REFUSED_BYTES,
    ) -> None:
        """`farewell_s`: how long `close` waits for answers under way, seconds.

        `refused_bytes`: how much of a body that was refused is read, so that who sends it reads the answer.
        """
        self._socket = listening
        self._loop: asyncio.AbstractEventLoop | None = None
        config = uvicorn.Config(
            app,
            http=choose_protocol(refused_bytes),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,  # logging is the command's matter
            log_level="error",  # else each stray byte of a port scan is a line in the journal
            access_log=False,  # it would write tokens down
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=max(1, round(farewell_s)),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def answers(self, patience_s: float) -> bool:
        """Return whether the server's thread does its work, which it has `patience_s` seconds to show."""
        loop, seen = self._loop, threading.Event()
        if loop is None or not self._thread.is_alive():
            return False
        try:
            loop.call_soon_threadsafe(seen.set)
        except RuntimeError:  # closed since
            return False
        return seen.wait(patience_s)

    def close(self) -> None:
        """End all answers, the thread and the socket."""
        # A reader who does not read is cut off: uvicorn would log that as an error, with a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()  # still full of what nobody read; left alone, it would stay open
        await asyncio.sleep(0)


def name_url(host: str, listening: socket.socket) -> str:
    """Return the address of the page that is served on `listening`, for `host` as it was given."""
    port: int = listening.getsockname()[1]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
