"""Who gets in: the token, the Host header, the site that sends, and what browsers are told to forbid."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakelens.edge_runtime.web.address import is_loopback

OPEN_PATH = "/healthz"  # for a supervisor, which has no token; it says no more than yes or no
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",  # no other site may show the picture
    "referrer-policy": "no-referrer",  # the token may stand in the address
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_FORM = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fakelens</title>
<form method="get">
<p><label for="token">This page needs its token.</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" autofocus required>
<button>Show</button></p>
</form>
</html>
"""
_HTML = "text/html"
_READING = ("GET", "HEAD", "OPTIONS")
_FORM_POLICY = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a request must bring."""

    port: int  # cookies do not tell ports apart, so it is part of the cookie's name
    token: str | None
    content_policy: str  # the Content-Security-Policy


class Guard:
    """ASGI middleware: answers what is not allowed itself, and puts security headers on every answer.

    Without a token the server listens on the loopback address alone, which a foreign page can still reach
    by a DNS name of its own that points there: the Host header gives that away. With a token that page has
    nothing to send, and a proxy in front may use any name. What a page of another site sends is refused in
    any case: it could not read the answer, but keep the machine busy.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._policies = {policy: _encode_headers(policy) for policy in (access.content_policy, _FORM_POLICY)}
        token = (access.token or "").encode()
        # Not the token itself: its characters may not suit a cookie, and a stolen cookie does not reveal it.
        self._secret = hmac.new(token, b"fakelens", hashlib.sha256).hexdigest()
        self._cookie = f"fakelens-{access.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an allowed request on."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        query_token = _read_query_token(scope)
        reply, policy = self._app, self._access.content_policy
        if self._access.token is None:
            if not _names_loopback(headers.get("host", "")):
                reply = _refuse(headers, "wrong Host header: open it by 127.0.0.1 or localhost", 403)
        elif scope["path"] != OPEN_PATH and not self._has_token(headers, query_token):
            reply = _ask_for_token(headers)
            policy = _FORM_POLICY
        if reply is self._app and scope["method"] not in _READING and _is_foreign(headers):
            reply = _refuse(headers, "sent by a page of another site: not accepted", 403)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = self._policies[policy]
                given = [pair for pair in message.get("headers", ()) if pair[0] not in ours]
                message["headers"] = [*given, *ours.items()]
                if reply is self._app and query_token and self._access.token:
                    # Lax: a bookmark or a link on another page may open this one; what such a page sends is
                    # refused.
                    cookie = f"{self._cookie}={self._secret}; HttpOnly; SameSite=Lax; Path=/"
                    message["headers"].append((b"set-cookie", cookie.encode()))
            await send(message)

        await reply(scope, receive, send_guarded)

    def _has_token(self, headers: Headers, query_token: str) -> bool:
        token = (self._access.token or "").encode()
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        cookie = _find_cookie(headers.get("cookie", ""), self._cookie)
        # All three are compared, whatever the first says: the time tells nothing.
        agree = [
            hmac.compare_digest(query_token.encode(errors="replace"), token),
            hmac.compare_digest(bearer.encode(errors="replace"), token),
            hmac.compare_digest(cookie.encode(errors="replace"), self._secret.encode()),
        ]
        return any(agree)


def _encode_headers(policy: str) -> dict[bytes, bytes]:
    named = {**_HEADERS, "content-security-policy": policy}
    return {name.encode(): value.encode() for name, value in named.items()}


def _is_foreign(headers: Headers) -> bool:
    """Return whether a browser says that a page of another site sends this."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:  # "none": a person, by the address bar or the menu for sharing
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no address: no browser's page of ours
        return True


def _ask_for_token(headers: Headers) -> Response:
    """Return a small form to a browser, a line to anything else."""
    bearer = {"www-authenticate": "Bearer"}
    if _HTML in headers.get("accept", ""):
        return HTMLResponse(_FORM, 401, bearer)
    text = "this page needs its token: send Authorization: Bearer TOKEN, or add ?token=TOKEN to the address"
    return _refuse(headers, text, 401, bearer)


def _refuse(headers: Headers, text: str, status: int, more: Mapping[str, str] | None = None) -> Response:
    """Return one line: bare to a browser, in `error` to a program, as every refusal is."""
    if _HTML in headers.get("accept", ""):
        return PlainTextResponse(f"{text}\n", status, more)
    return JSONResponse({"error": text}, status, more)


def _read_query_token(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    if b"token" not in query:
        return ""
    return parse_qs(query.decode("latin-1")).get("token", [""])[-1]


def _find_cookie(header: str, name: str) -> str:
    """Return the value of a cookie; others of this host, of any program's making, may be called anything."""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for key, _, value in pairs if key == name), "")


def _names_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return is_loopback(name.strip("[]"))
