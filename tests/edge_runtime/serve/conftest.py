"""Running servers, and clients that speak HTTP to them."""

import http.client
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")
pytest.importorskip("python_multipart", reason="needs the extra serve")

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.serve.limits import Limits
from fakelens.edge_runtime.serve.server import ServeConfig, Server

FREE = "127.0.0.1:0"
BOUNDARY = "-- a boundary --"
Files = list[tuple[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        data = json.loads(self.body)
        assert isinstance(data, dict)
        return data

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.body.splitlines()]


class Client:
    """Sends requests to a server, each over a connection of its own."""

    def __init__(self, url: str) -> None:
        self.port = int(url.rstrip("/").rpartition(":")[2])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named, encode_chunked=body is not None)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(status=answer.status, headers=found, body=answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def post(self, files: Files, path: str = "/check", **headers: str) -> Reply:
        kind = f'multipart/form-data; boundary="{BOUNDARY}"'
        return self.ask("POST", path, make_form(files), Content_Type=kind, **headers)

    def read_metric(self, name: str) -> float:
        text = self.get("/metrics").body.decode()
        return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])


def make_form(files: Files) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def make_picture(level: int, size: tuple[int, int] = (8, 8), kind: str = "PNG") -> bytes:
    """A grey picture: the brightness model calls a bright one fake."""
    stream = io.BytesIO()
    Image.fromarray(np.full((*size[::-1], 3), level, np.uint8)).save(stream, kind)
    return stream.getvalue()


Serve = Callable[..., Client]


@pytest.fixture
def serve(model_file: Path) -> Iterator[Serve]:
    """Serve a model, by default that of brightness; fields of the limits can be given."""
    running: list[Server] = []

    def start(model: Path = model_file, token: str | None = None, workers: int = 2, **limits: Any) -> Client:
        config = ServeConfig(address=FREE, token=token, workers=workers, limits=Limits(**limits))
        running.append(Server(Detector(model), config))
        return Client(running[-1].url)

    yield start
    for server in running:
        server.close()
