"""The command `serve`."""

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from fakelens.edge_runtime import options

if TYPE_CHECKING:
    from fakelens.edge_runtime.serve.server import Server

_Address = Annotated[
    str, typer.Argument(metavar="[HOST:PORT]", help="Where to listen; a port alone means this machine.")
]
_Token = Annotated[
    str | None,
    typer.Option(
        envvar="FAKELENS_TOKEN",
        help="What the page asks for; needed beyond localhost. @FILE: from a file.",
    ),
]


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(serve)


def serve(
    address: _Address = "127.0.0.1:8090",
    model: options.Model = None,
    token: _Token = None,
    threads: options.Threads = None,
    max_mb: Annotated[int, typer.Option(min=1, max=2000, help="Largest request, in MB.")] = 50,
    max_megapixels: options.MaxMegapixels = options.MOST_MEGAPIXELS,
    queue: Annotated[
        int, typer.Option(min=1, max=10000, help="Pictures that may wait; more get 429 (try again).")
    ] = 64,
    timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="A request that is not answered by then gets 503.")
    ] = 60,
    pixels_only: options.PixelsOnly = False,
    cautious: options.Cautious = False,
    sensitive: options.Sensitive = False,
) -> None:
    """Serve a page to drop pictures on, and POST /check for programs. Nothing is stored.

    Ends on Ctrl-C or SIGTERM. Exit codes: 0 done, 2 usage, 3 a missing extra, 130 Ctrl-C.
    """
    import hashlib
    import logging
    import signal

    from fakelens.edge_runtime.detection.detector import Detector
    from fakelens.edge_runtime.detection.verdict import describe_stance
    from fakelens.edge_runtime.live.secret import read_secret
    from fakelens.edge_runtime.main import leave_process
    from fakelens.edge_runtime.modelfile.library import find_model
    from fakelens.edge_runtime.modelfile.threads import count_cores
    from fakelens.edge_runtime.serve.limits import Limits
    from fakelens.edge_runtime.serve.server import ServeConfig, Server, require_packages, stay
    from fakelens.edge_runtime.signals import signals_kept_back
    from fakelens.edge_runtime.web.address import name_url_for_others

    require_packages()
    stance = options.choose_stance(cautious=cautious, sensitive=sensitive)
    logging.basicConfig(format="fakelens: %(message)s", level=logging.WARNING)
    detector = Detector(model, stance=stance, pixels_only=pixels_only)
    if stance is not None:
        typer.echo(f"note: {describe_stance(detector.contract, stance)}", err=True)
    config = ServeConfig(
        address=address,
        token=token and read_secret(token),
        workers=threads or count_cores(),
        model_sha256=hashlib.sha256(find_model(model).read_bytes()).hexdigest(),
        limits=Limits(max_mb=max_mb, max_megapixels=max_megapixels, queue=queue, timeout_s=timeout),
    )
    stopping = threading.Event()
    with signals_kept_back((signal.SIGINT, signal.SIGTERM), stopping.set):
        server = Server(detector, config)
        try:
            asks = "" if token is None else " (it asks for the token)"
            typer.echo(f"serving at {name_url_for_others(server.url)}{asks}, Ctrl-C ends it", err=True)
            stay(server, stopping)
        finally:
            unfinished = _close(server)
    if unfinished:
        leave_process(0)  # the end of an interpreter waits for every thread


def _close(server: "Server") -> int:
    """End `server`; return, and say, how many checks are still running."""
    unfinished = server.close()
    if unfinished:
        typer.echo(f"fakelens: ended, with checks still running: {unfinished}", err=True)
    return unfinished
