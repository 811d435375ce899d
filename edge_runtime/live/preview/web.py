"""Routes of the preview: the page, the picture, status.json, history.json, metrics, healthz."""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fakelens.edge_runtime.answers.pages.parts import read_asset
from fakelens.edge_runtime.answers.pages.words import explain_answer
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.preview.metrics import render_metrics
from fakelens.edge_runtime.live.preview.state import HISTORY_S, Board
from fakelens.edge_runtime.live.preview.stream import MEDIA_TYPE, MOST_WATCHERS, Stream
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.live.status_row import make_row
from fakelens.edge_runtime.machine.device import read_temperature_c
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.web.access import OPEN_PATH, Access, Guard
from fakelens.edge_runtime.web.exposition import CONTENT_TYPE
from fakelens.edge_runtime.web.policy import make_content_policy

_SILENT_S = 30.0  # the loop brings a status each second, with or without a camera
_LOOK = "/* The shared look goes here. */"
_TEMPLATE = (files("fakelens.edge_runtime.live.preview") / "preview.html").read_text(encoding="utf-8")
_PAGE = _TEMPLATE.replace(_LOOK, read_asset("style.css"))


def make_app(board: Board, stream: Stream, port: int, token: str | None) -> ASGIApp:
    """Return the ASGI application that shows `board`, behind its guard."""
    routes: dict[str, Callable[..., Awaitable[Response]]] = {
        "/": _show_page,
        "/favicon.ico": _show_nothing,
        "/frame.jpg": partial(_show_frame, stream=stream),
        "/history.json": partial(_show_history, board=board),
        OPEN_PATH: partial(_show_health, board=board),
        "/metrics": partial(_show_metrics, board=board),
        "/status.json": partial(_show_status, board=board, stream=stream),
        "/stream.mjpg": partial(_show_stream, stream=stream),
    }
    app = Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()])
    return Guard(app, Access(port=port, token=token, content_policy=make_content_policy(_PAGE)))


async def _show_page(request: Request) -> Response:  # noqa: ARG001 (what a route is given)
    return HTMLResponse(_PAGE)


async def _show_nothing(request: Request) -> Response:  # noqa: ARG001
    return Response(status_code=204)  # browsers ask for an icon unasked


async def _show_frame(request: Request, stream: Stream) -> Response:  # noqa: ARG001
    _, jpeg = await stream.encode()
    if not jpeg:
        return PlainTextResponse("no picture yet\n", 503)
    return Response(jpeg, media_type="image/jpeg")


async def _show_stream(request: Request, stream: Stream) -> Response:  # noqa: ARG001
    if stream.watchers >= MOST_WATCHERS:
        return PlainTextResponse(f"{MOST_WATCHERS} are watching already\n", 503)
    return _WatchResponse(stream)


class _WatchResponse(StreamingResponse):
    """The stream to one watcher, who counts from the answer's first word to its last.

    Counting within the stream itself comes too late: in a burst all would be let in before the first begins.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.watch(), media_type=MEDIA_TYPE)
        self._stream = stream
        stream.watchers += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until either side ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.watchers -= 1


async def _show_status(request: Request, board: Board, stream: Stream) -> Response:  # noqa: ARG001
    view = board.look()
    device = {"temperature_c": read_temperature_c(), "watchers": stream.watchers}
    if view.status is None:
        return JSONResponse({"state": str(CameraState.STARTING), "verdict": None, "p_fake": None, **device})
    regions = [
        {"left": region.left, "top": region.top, "size": region.size, "p_fake": round(region.p_fake, 3)}
        for region in view.status.regions
    ]
    more = {"age_s": round(view.age_s or 0.0, 1), "meaning": _explain(view.status), **device}
    decision = None if board.decision is None else _describe(board.decision)
    return JSONResponse({**make_row(view.status), **more, "regions": regions, "decision": decision})


def _explain(status: LiveStatus) -> str | None:
    """Return what the answer means; the reason of the last frame explains UNSURE alone."""
    if status.label is None:
        return None
    reason = status.reason if status.label is Label.UNSURE else None
    return explain_answer(status.label, reason, status.pixels_label)


def _describe(decision: Decision) -> dict[str, float]:
    """Return the borders of the answers, for the scale."""
    names = ("threshold", "unsure_low", "unsure_high")
    return {name: round(getattr(decision, name), 6) for name in names}


async def _show_history(request: Request, board: Board) -> Response:  # noqa: ARG001
    points = [[point.second, round(point.p_fake, 3), str(point.label)] for point in board.list_points()]
    return JSONResponse(
        {
            "now": round(time.time(), 1),
            "seconds": HISTORY_S,
            "columns": ["time", "p_fake", "verdict"],
            "points": points,
        }
    )


async def _show_metrics(request: Request, board: Board) -> Response:  # noqa: ARG001
    text = render_metrics(board.look().status, read_temperature_c())
    return Response(text, headers={"content-type": CONTENT_TYPE})


async def _show_health(request: Request, board: Board) -> Response:  # noqa: ARG001
    view = board.look()
    state = CameraState.STARTING if view.status is None else view.status.state
    silent = (view.age_s or 0.0) > _SILENT_S
    if state in (CameraState.STARTING, CameraState.RUNNING) and not silent:
        return PlainTextResponse("ok\n")
    return PlainTextResponse(f"{'silent' if silent else state}\n", 503)
