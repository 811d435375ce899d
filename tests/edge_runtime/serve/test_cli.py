"""`fakelens serve` as a user starts and ends it, and what it says where it cannot start."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

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


def test_what_keeps_it_from_starting_is_one_line(fakelens: Fakelens, serve: Serve, model_file: Path) -> None:
    taken = f"127.0.0.1:{serve().port}"
    for arguments, said in [
        ((taken,), f"{taken}: port {taken.rpartition(':')[2]} is in use"),
        (("0.0.0.0:0",), "choose a --token"),
        (("0.0.0.0:0", "--token", "short"), "at least 8 are needed"),
        (("nowhere",), "no HOST:PORT"),
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
