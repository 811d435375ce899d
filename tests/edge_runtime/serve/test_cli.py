"""`fakelens serve` as a user starts and ends it, and what it says where it cannot start."""

import io
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import COMMAND, Fakelens
from tests.edge_runtime.serve.conftest import Client, Serve, make_picture


def test_it_serves_until_a_signal(model_file: Path) -> None:
    command = [COMMAND, "serve", "127.0.0.1:0", "--model", model_file, "--threads", "1"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("serving at http://127.0.0.1:"), line
        client = Client(line.split()[2].rstrip(","))
        assert client.ask("POST", "/check", make_picture(240)).json["verdict"] == "fake"
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert (process.returncode, rest) == (0, "")
    assert time.monotonic() - start < 30


def make_slow_picture() -> bytes:
    """An animation that takes many seconds to check."""
    stream = io.BytesIO()
    frames = [Image.new("L", (4900, 4900), level) for level in range(16)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_check_without_end_does_not_keep_it(number: signal.Signals, code: int, model_file: Path) -> None:
    patience = "from fakelens.edge_runtime.serve import checkers, server; checkers._FAREWELL_S = 0.2"
    run = f"{patience}; from fakelens.edge_runtime.main import run_process; run_process()"
    command = [sys.executable, "-c", run, "serve", "127.0.0.1:0", "--model", model_file, "--threads", "1"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        client = Client(process.stderr.readline().split()[2].rstrip(","))
        picture = make_slow_picture()
        with socket.create_connection(("127.0.0.1", client.port)) as sender:
            head = f"POST /check HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(picture)}\r\n\r\n"
            sender.sendall(head.encode() + picture)
            while not client.read_metric("fakelens_waiting_pictures"):
                time.sleep(0.02)
            sender.shutdown(socket.SHUT_RDWR)  # nobody waits for the answer any more
        start = time.monotonic()
        process.send_signal(number)
        rest = process.stderr.read()
        process.wait()
        taken_s = time.monotonic() - start
    assert process.returncode == code
    assert rest.splitlines()[0] == "fakelens: ended, with checks still running: 1"
    assert taken_s < 4


def test_what_keeps_it_from_starting_is_one_line(fakelens: Fakelens, serve: Serve, model_file: Path) -> None:
    taken = f"127.0.0.1:{serve().port}"
    for arguments, said in [
        ((taken,), f"{taken}: port {taken.rpartition(':')[2]} is in use"),
        (("0.0.0.0:0",), "choose a --token"),
        (("0.0.0.0:0", "--token", "short"), "at least 8 are needed"),
        (("nowhere",), "not HOST:PORT"),
        (("--cautious", "--sensitive"), "exclude each other"),
    ]:
        done = fakelens("serve", *arguments, "--model", model_file)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "python_multipart"])
def test_a_missing_extra_is_one_line_with_its_remedy(fakelens: Fakelens, package: str) -> None:
    done = fakelens("serve", "127.0.0.1:0", blocked=[package])
    assert done.returncode == 3
    assert done.stderr.endswith(f'needs {package}, which is not installed: pip install "fakelens[serve]"\n')
