"""A missing screen is found out before Qt could end the process."""

import socket
import sys

import pytest

from fakelens.edge_runtime.live.display import has_display

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen")


@pytest.mark.parametrize("display", ["", ":4711", "nonsense", "localhost:4711", "no.such.host.invalid:0"])
def test_where_nothing_answers_there_is_none(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert not has_display()
    monkeypatch.delenv("DISPLAY")
    assert not has_display()


def test_a_server_that_listens_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X4712")
        server.listen()
        monkeypatch.setenv("DISPLAY", ":4712.0")
        assert has_display()
    assert not has_display()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{server.getsockname()[1] - 6000}")
        assert has_display()
