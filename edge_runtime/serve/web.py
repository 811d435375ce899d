"""What the server answers: the page, POST /check, healthz, metrics, openapi.json, an icon."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property, partial

from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fakelens.edge_runtime.answers.pages.picture import PageModel
from fakelens.edge_runtime.serve.answer import Answer, Wish
from fakelens.edge_runtime.serve.budget import ByteGate
from fakelens.edge_runtime.serve.checkers import Checkers
from fakelens.edge_runtime.serve.counters import Counters
from fakelens.edge_runtime.serve.limits import Limits, RefusedError
from fakelens.edge_runtime.serve.openapi import describe_api
from fakelens.edge_runtime.serve.page import ICON, MANIFEST, draw_page
from fakelens.edge_runtime.serve.upload import read_uploads
from fakelens.edge_runtime.web.access import OPEN_PATH, Access, Guard
from fakelens.edge_runtime.web.exposition import CONTENT_TYPE
from fakelens.edge_runtime.web.policy import make_content_policy

_CHECK = "/check"
_LINES = "application/x-ndjson"
_PNG, _HTML = "image/png", "text/html"
_GONE = 499  # as nginx calls it: nobody is there to read the answer
_QUERY = {"heatmap", "name", "token"}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """All that the answers need."""

    checkers: Checkers
    limits: Limits
    counters: Counters
    gate: ByteGate
    model: PageModel
    token: str | None

    @cached_property
    def has_heatmap(self) -> bool:
        """Whether the model says anything of parts of a picture."""
        return bool(self.checkers.detector.map_regions(Image.new("RGB", (1, 1))))


def make_app(desk: Desk, port: int) -> ASGIApp:
    """Return the ASGI application, behind its guard."""

    async def check(request: Request) -> Response:
        return await _count(request, desk, _check)

    async def page(request: Request) -> Response:
        if request.method == "POST":  # by a browser without scripts, or shared by another app
            return await _count(request, desk, _check_for_page)
        return HTMLResponse(draw_page(desk.model, desk.limits))

    async def manifest(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse(MANIFEST, media_type="application/manifest+json")

    async def icon(request: Request) -> Response:  # noqa: ARG001
        return Response(ICON, media_type="image/svg+xml")

    async def health(request: Request) -> Response:  # noqa: ARG001 (what a route is given)
        return PlainTextResponse("ok\n")

    async def metrics(request: Request) -> Response:  # noqa: ARG001
        text = desk.counters.render(desk.checkers.admitted, desk.gate.held_bytes)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    async def openapi(request: Request) -> Response:  # noqa: ARG001
        has_token = desk.token is not None
        return JSONResponse(describe_api(desk.limits, has_token=has_token, has_heatmap=desk.has_heatmap))

    app = Starlette(
        routes=[
            Route(_CHECK, check, methods=["POST"]),  # for what it says to other methods
            Route("/", page, methods=["GET", "POST"]),
            Route("/favicon.ico", icon),
            Route("/icon.svg", icon),
            Route("/manifest.json", manifest),
            Route(OPEN_PATH, health),
            Route("/metrics", metrics),
            Route("/openapi.json", openapi),
        ],
        exception_handlers={HTTPException: _explain},
    )
    policy = make_content_policy(
        draw_page(desk.model, desk.limits),
        images="'self' data:",
        forms="'self'",
        attributes="'unsafe-inline'",
    )
    access = Access(port=port, token=desk.token, content_policy=policy)
    return Guard(_go_straight(app, check), access)


def _go_straight(app: ASGIApp, check: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """Return `app`, past whose routes programs' pictures go straight to `check`.

    While the loop looks for their way, a checking thread waits for the interpreter lock.
    """

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == _CHECK and scope["method"] == "POST":
            response = await check(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await app(scope, receive, send)

    return route


async def _count(
    request: Request, desk: Desk, answer: Callable[[Request, Desk], Awaitable[Response]]
) -> Response:
    """Return what `answer` says, or why it refuses; both are counted."""
    start = time.perf_counter()
    try:
        response = await answer(request, desk)
    except RefusedError as error:
        response = _refuse(error)
    except ClientDisconnect:
        response = Response(status_code=_GONE)
    desk.counters.count_answer(response.status_code, time.perf_counter() - start)
    return response


async def _check(request: Request, desk: Desk) -> Response:
    wish = _read_wish(request, desk)
    answers = await check_uploads(request, desk, wish)
    if wish.card:
        return HTMLResponse("".join(answer.card for answer in answers))
    if len(answers) > 1:
        lines = "".join(f"{answer.row}\n" for answer in answers)
        return Response(lines, media_type=_LINES)
    (answer,) = answers
    if answer.heatmap is not None and _PNG in request.headers.get("accept", ""):
        return Response(answer.heatmap, media_type=_PNG)
    status = 422 if answer.label is None else 200
    return Response(f"{answer.row}\n", status, media_type="application/json")


async def _check_for_page(request: Request, desk: Desk) -> Response:
    """Answer with the whole page: the cards, or why there are none."""
    try:
        answers = await check_uploads(request, desk, Wish(card=True))
    except RefusedError as error:
        return HTMLResponse(draw_page(desk.model, desk.limits, problem=str(error)), error.status)
    return HTMLResponse(draw_page(desk.model, desk.limits, "".join(answer.card for answer in answers)))


async def check_uploads(request: Request, desk: Desk, wish: Wish) -> list[Answer]:
    """Return the answers for all pictures of `request`.

    Raises `RefusedError`, or `ClientDisconnect` where nobody waits for them any more.
    """
    desk.checkers.refuse_when_full()  # before a byte of the pictures is read
    with desk.gate.open() as hold:
        uploads = await read_uploads(request, hold, desk.limits)
        batch = desk.checkers.check(uploads, wish)
        try:
            return await batch.wait(partial(_until_gone, request), desk.limits.timeout_s)
        finally:
            batch.drop()  # what has not begun by now is not wanted


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _read_wish(request: Request, desk: Desk) -> Wish:
    query = request.query_params
    for key in query:
        if key not in _QUERY:
            raise RefusedError(400, f"no parameter {key[:40]!r}; there are heatmap and name")
    kind = query.get("heatmap")
    if kind is None:
        return Wish(card=_HTML in request.headers.get("accept", ""))
    if kind != "png":
        raise RefusedError(400, f"heatmap={kind[:40]}: png is the only kind")
    if not desk.has_heatmap:
        model = desk.checkers.detector.contract.name
        raise RefusedError(
            400, f"{model} has no heat map: it looks at a picture as a whole; leave heatmap out"
        )
    return Wish(heatmap=True)


def _refuse(error: RefusedError) -> Response:
    headers = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
    return JSONResponse({"error": str(error)}, error.status, headers)


async def _explain(request: Request, error: Exception) -> Response:
    """Answer a wrong path or method with one line."""
    assert isinstance(error, HTTPException)
    path = request.url.path[:80]
    if error.status_code == 405:
        text = f"{path} takes no {request.method[:20]}; pictures go by POST to /check"
    else:
        text = f"{path}: no such page; there are /, /check, /healthz, /metrics and /openapi.json"
    return JSONResponse({"error": text}, error.status_code, dict(error.headers or {}))
