"""Serving until a signal: the detector, the threads, the socket, and word to systemd."""

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.serve.limits import Limits
from fakelens.edge_runtime.service.notify import Notifier
from fakelens.edge_runtime.web.address import check_token, listen, parse_address

if TYPE_CHECKING:
    from fakelens.edge_runtime.detection.detector import Detector

DEFAULT_ADDRESS = "127.0.0.1:8090"
_OVERSIZE = 2  # times the limit of a request: so much of a larger one is read, and thrown away
_PATIENCE_S = 10.0  # for the server's thread to show that it works
_LOOK_S = 5.0  # between two looks at it


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """Where to listen, what to ask for, and the limits."""

    address: str = DEFAULT_ADDRESS  # HOST:PORT, [IPV6]:PORT or PORT; port 0 takes a free one
    token: str | None = None  # a must where others than this machine can reach it
    workers: int = field(default_factory=count_cores)  # pictures that are checked side by side
    limits: Limits = field(default_factory=Limits)
    model_sha256: str = ""  # of its file, to be named on the page


class Server:
    """Answers from its making on until it is closed."""

    def __init__(self, detector: "Detector", config: ServeConfig) -> None:
        """Start serving; `UsageError` where the address cannot be used or a token is missing."""
        from fakelens.edge_runtime.answers.pages.picture import PageModel
        from fakelens.edge_runtime.serve.budget import ByteGate
        from fakelens.edge_runtime.serve.checkers import Checkers
        from fakelens.edge_runtime.serve.counters import Counters
        from fakelens.edge_runtime.serve.web import Desk, make_app
        from fakelens.edge_runtime.web.server import LocalServer, name_url

        # Its warnings quote what a client sent: nobody who may send a form may write into the server's log.
        logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
        address = parse_address(config.address)
        check_token(config.token, address)
        opened = listen(address)
        self.url = name_url(address.host, opened)
        counters = Counters(detector.contract.name)
        self._checkers = Checkers(detector, config.workers, config.limits, counters)
        desk = Desk(
            checkers=self._checkers,
            limits=config.limits,
            counters=counters,
            gate=ByteGate(config.limits.held_bytes),
            model=PageModel(
                contract=detector.contract, decision=detector.decision, sha256=config.model_sha256
            ),
            token=config.token,
        )
        self._server = LocalServer(
            make_app(desk, opened.getsockname()[1]),
            opened,
            name="serve",
            farewell_s=5,
            refused_bytes=_OVERSIZE * config.limits.max_bytes,
        )

    def works(self) -> bool:
        """Return whether the server's thread does its work."""
        return self._server.answers(_PATIENCE_S)

    def close(self) -> int:
        """End all answers, soon, and the threads; return how many pictures are still being checked then."""
        self._server.close()
        return self._checkers.close()


def require_packages() -> None:
    """Raise `MissingExtraError` where the extra is not installed."""
    require_extra("serve", "starlette", "uvicorn", "python_multipart")


def stay(server: Server, stopping: threading.Event) -> None:
    """Return when `stopping` is set; systemd, if it started this, is told that the server works."""
    systemd = Notifier()
    systemd.send(["READY=1", f"STATUS=serving at {server.url}"])
    every_s = min(_LOOK_S, systemd.watchdog_s / 3) if systemd.watchdog_s else _LOOK_S
    while not stopping.wait(every_s):
        if systemd.watchdog_s and server.works():
            systemd.send(["WATCHDOG=1"])
    systemd.close()
