"""`fakelens serve` under load: throughput against `check` on the same files, and how long answers take.

`python -m fakelens.benchmarks.studies.serve PHOTOS` prints two tables. Server and clients share the machine,
so the clients' own work is in the figures, all but the making of requests; processor time stands apart.
"""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.tables import format_table
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.pictures.sources import walk_images

CLIENTS = (1, 8, 32)
_LEAST_SHARE = 0.9  # of the throughput of `check`
_MOST_TURNS = 2.0  # that a hundredth of the answers may take longer than, see `count_turns`
_PATIENCE_S = 120.0  # for an answer
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CPU = re.compile(rb"^fakelens_cpu_seconds_total (\S+)$", re.MULTILINE)
_SLOW_STEP_S = 0.2  # between two bytes of the slow client


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Medians over the rounds of one way."""

    per_s: float  # pictures
    cpu_ms: float  # of a picture: processor time, which the load of the machine disturbs least
    clients_cpu_ms: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Both ways on the same files, in turns."""

    check: Pace
    serve: Pace

    @property
    def share(self) -> float:
        """What `serve` reaches of `check`."""
        return self.serve.per_s / self.check.per_s


@dataclass(frozen=True, kw_only=True)
class Load:
    """The answers to some clients at once."""

    clients: int
    slow: bool  # whether one more client sends a byte now and then
    seconds: tuple[float, ...]  # of each answer 200
    others: int  # answers of another kind


@contextmanager
def serving(model: str | None) -> Iterator[str]:
    """Yield HOST:PORT of a server in a process of its own."""
    program = Path(sys.executable).with_name("fakelens")
    command = [str(program), "serve", "127.0.0.1:0", "--queue", "1000"]
    with subprocess.Popen(
        [*command, *(["--model", model] if model else [])], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        try:
            if not line.startswith("serving at "):
                raise UsageError(f"the server does not start: {line.strip()}")
            yield urlsplit(line.split()[2].rstrip(",")).netloc
        finally:
            process.terminate()


def measure_throughput(paths: Sequence[Path], place: str, model: str | None, rounds: int) -> Throughput:
    """Return the pace of `check` with a thread a core, and of `serve` with two clients a core."""
    detector, cores = Detector(model), count_cores()
    requests = [prepare_request(path.read_bytes(), place) for path in paths]
    checks, serves = [], []
    for _ in range(rounds):
        start, cpu_s = time.perf_counter(), time.process_time()
        for _checked in detector.check_files(paths, cores, keep_images=False):
            pass
        checks.append((time.perf_counter() - start, time.process_time() - cpu_s, 0.0))
        server_s, cpu_s, start = read_cpu_s(place), time.process_time(), time.perf_counter()
        put_load(requests, place, clients=2 * cores)
        taken_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_s
        serves.append((taken_s, read_cpu_s(place) - server_s, cpu_s))
    return Throughput(check=_to_pace(checks, len(paths)), serve=_to_pace(serves, len(paths)))


def _to_pace(rounds: Sequence[tuple[float, float, float]], pictures: int) -> Pace:
    taken_s, cpu_s, clients_s = (float(seconds) for seconds in np.median(rounds, axis=0))
    ms = 1e3 / pictures
    return Pace(per_s=pictures / taken_s, cpu_ms=cpu_s * ms, clients_cpu_ms=clients_s * ms)


def read_cpu_s(place: str) -> float:
    """Return the processor time that the server at `place` has taken, by its own metrics."""
    with urlopen(f"http://{place}/metrics", timeout=_PATIENCE_S) as answer:
        found = _CPU.search(answer.read())
    if found is None:
        raise OSError(f"{place}/metrics says nothing of processor time")
    return float(found[1])


def put_load(requests: Sequence[bytes], place: str, clients: int, *, slow: bool = False) -> Load:
    """Send every request once, spread over `clients` at once, each with a connection of its own."""
    remaining = iter(requests)
    taking = threading.Lock()
    seconds: list[float] = []
    others: list[int] = []

    def send() -> None:
        with _connect(place) as connection:
            while True:
                with taking:
                    request = next(remaining, None)
                if request is None:
                    return
                start = time.perf_counter()
                connection.sendall(request)
                status = _read_status(connection)
                if status == 200:
                    seconds.append(time.perf_counter() - start)
                else:
                    others.append(status)

    done = threading.Event()
    threads = [threading.Thread(target=send) for _ in range(clients)]
    crawler = threading.Thread(target=_crawl, args=(place, done))
    if slow:
        crawler.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    if slow:
        crawler.join()
    return Load(clients=clients, slow=slow, seconds=tuple(seconds), others=len(others))


def prepare_request(content: bytes, place: str) -> bytes:
    """Return all bytes of a request: the clients share the cores with the server, and should take little."""
    head = f"POST /check HTTP/1.1\r\nHost: {place}\r\nContent-Type: image/jpeg\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def _connect(place: str) -> socket.socket:
    host, _, port = place.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_PATIENCE_S)


def _read_status(connection: socket.socket) -> int:
    """Read an answer and return its status."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _receive(connection)
    length = _LENGTH.search(answer, 0, end + 2)
    if length is None:
        raise OSError(f"an answer without a length: {answer[:200]!r}")
    missing = end + 4 + int(length[1]) - len(answer)
    while missing > 0:
        missing -= len(_receive(connection))
    return int(answer[9:12])


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(1 << 16)
    if not part:
        raise OSError("the server closes the connection in the middle of an answer")
    return part


def _crawl(place: str, done: threading.Event) -> None:
    """Send a picture byte by byte, which is never complete."""
    with _connect(place) as connection:
        connection.sendall(
            f"POST /check HTTP/1.1\r\nHost: {place}\r\nContent-Length: 100000\r\n\r\n".encode()
        )
        while not done.wait(_SLOW_STEP_S):
            connection.sendall(b"\0")


def count_turns(load: Load, pictures_per_s: float) -> float:
    """Return the 99th percentile as times of the turn in which each client gets one answer.

    It is 1 where nobody waits longer than the others, whatever the machine.
    """
    return float(np.percentile(load.seconds or (float("inf"),), 99)) * pictures_per_s / load.clients


def report(throughput: Throughput, loads: Sequence[Load], pictures: int) -> str:
    """Return both tables."""
    check, serve = throughput.check, throughput.serve
    rows = [
        ("check, a thread a core", f"{check.per_s:.1f}", "", f"{check.cpu_ms:.1f}", ""),
        (
            "serve, two clients a core",
            f"{serve.per_s:.1f}",
            f"{throughput.share:.2f}",
            f"{serve.cpu_ms:.1f}",
            f"{serve.clients_cpu_ms:.1f}",
        ),
    ]
    lines = []
    for load in loads:
        ms = 1e3 * np.array(load.seconds or (float("nan"),))
        figures = [f"{np.percentile(ms, part):.0f}" for part in (50, 90, 99)]
        who = f"{load.clients}{' and a slow one' if load.slow else ''}"
        lines.append((who, str(len(load.seconds)), *figures, str(load.others)))
    return "\n".join(
        [
            f"{pictures} pictures, {count_cores()} cores; a share of at least {_LEAST_SHARE} is asked for",
            "",
            format_table(
                ("on the same files", "pictures/s", "share", "CPU ms a picture", "its clients"), rows
            ),
            "",
            format_table(("clients", "answers", "p50 ms", "p90 ms", "p99 ms", "not 200"), lines),
            "",
            f"p99 of the last row is {count_turns(loads[-1], serve.per_s):.2f} times the turn in which "
            f"each of {loads[-1].clients} clients gets an answer; at most {_MOST_TURNS:g} is asked for",
        ]
    )


def main(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="A folder of pictures.")],
    model: Annotated[str | None, typer.Option(help="A release model's name or a .tflite file.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Files of a round; fewer are sent again.")] = 256,
    rounds: Annotated[int, typer.Option(min=1, help="Of check and serve, in turn.")] = 3,
) -> None:
    """Measure serve against check on the same files, then answers under load; exit code 1 where slow."""
    found = list(walk_images(photos))
    if not found:
        raise UsageError(f"{photos}: no images in this folder")
    paths = list(islice(cycle(found), pictures))
    with serving(model) as place:
        throughput = measure_throughput(paths, place, model, rounds)
        requests = [prepare_request(path.read_bytes(), place) for path in paths]
        loads = [put_load(requests, place, clients) for clients in CLIENTS]
        loads.append(put_load(requests, place, CLIENTS[-1], slow=True))
    typer.echo(report(throughput, loads, len(paths)))
    if throughput.share < _LEAST_SHARE or count_turns(loads[-1], throughput.serve.per_s) > _MOST_TURNS:
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
