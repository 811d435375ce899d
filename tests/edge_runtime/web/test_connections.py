"""Connections with either parser: kept alive for the next request, cut off where a head does not end."""

import json
import socket
import sys
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")

from starlette.types import Receive, Scope, Send

from fakelens.edge_runtime.web import connections
from fakelens.edge_runtime.web.address import Address, listen
from fakelens.edge_runtime.web.connections import choose_protocol
from fakelens.edge_runtime.web.server import LocalServer


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body has come; for /slow after it."""
    while scope["path"] == "/slow" and (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


@pytest.fixture(params=["httptools", "h11"])
def port(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    if request.param == "h11":
        monkeypatch.setitem(sys.modules, "httptools", None)
        monkeypatch.delitem(sys.modules, "uvicorn.protocols.http.httptools_impl", raising=False)
        assert choose_protocol().__name__ == "PatientH11"
    else:
        pytest.importorskip("httptools", reason="needs the extra serve")
        assert choose_protocol().__name__ == "PatientHttpTools"
    opened = listen(Address(host="127.0.0.1", port=0))
    server = LocalServer(refuse, opened, name="test")
    yield opened.getsockname()[1]
    server.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_connection_serves_one_request_after_the_other(port: int) -> None:
    with connect(port) as client:
        for _ in range(3):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"no"):
                answer += client.recv(4096)
            assert answer.startswith(b"HTTP/1.1 413")


def test_requests_behind_one_another_are_answered_in_turn(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        answers = b""
        while answers.count(b"\r\n\r\nno") < 5:
            answers += client.recv(4096)


def test_who_sends_thousands_at_once_is_cut_off(port: int, caplog: pytest.LogCaptureFixture) -> None:
    if choose_protocol().__name__ == "PatientH11":
        pytest.skip("h11 reads a request when the one before is answered")
    many = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 400_000  # more than the buffers on the way hold
    with connect(port) as client, pytest.raises(ConnectionError):
        client.sendall(many)
    with connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"GET / HTTP/1.1\r\nX: ", 4 << 20),
        (b"POST / HTTP/1.1\r\nContent-Length: 900000000\r\n\r\n", 64 << 20),
    ],
)
def test_neither_an_endless_head_nor_a_refused_body_is_read_on(port: int, head: bytes, more: int) -> None:
    """Long before the time for silence is over."""
    with connect(port) as client:
        client.sendall(head)
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            pour(client, more)


def test_what_is_no_http_is_refused_in_one_line(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"\0\1\2 hello\r\n\r\n")
        answer = read_all(client)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(body) == {"error": "Invalid HTTP request received."}


def test_one_connection_too_many_is_told_so(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    first, second = connect(port), connect(port)
    for client in (first, second):  # two requests that are under way: their bodies are waited for
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
    time.sleep(0.2)
    for _ in range(3):
        with connect(port) as third:
            third.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = read_all(third)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer
        assert b'{"error": "busy: 2 connections are being answered' in answer
    for client in (first, second):
        client.sendall(b"body")
        assert b"no" in client.recv(4096)
    with connect(port) as third:  # in the place of one that is silent now
        third.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert third.recv(4096).startswith(b"HTTP/1.1 413")
    first.close()
    second.close()


def read_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(4096), b""))


def pour(client: socket.socket, size_bytes: int) -> None:
    for _ in range(size_bytes >> 16):
        client.sendall(b"a" * 65536)
