"""Workers that wait for one another, and agree on what is trained, before TensorFlow begins.

TensorFlow waits for an hour for one that never comes, and nobody can call it back. So the chief listens at
its address first; the others say who they are and what they train on, and all go on together.
"""

import socket
import time
from contextlib import closing, suppress

from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.train.workers import Workers

_PAUSE_S = 0.5  # between two tries
_MOST_BYTES = 1024  # of what anybody says
_GO = "go"


def meet(workers: Workers, facts: dict[str, str], wait_s: float) -> None:
    """Return once all `workers` have come; `facts` are what they must agree on, digests by their names.

    Raises `RunError`, naming who is missing after `wait_s`, and `UsageError` where somebody trains otherwise.
    """
    end = time.monotonic() + wait_s
    if workers.is_chief:
        _receive(workers, facts, end)
    else:
        _report(workers, facts, end)


def _receive(workers: Workers, facts: dict[str, str], end: float) -> None:
    address = workers.addresses[0]
    try:
        server = socket.create_server(("", _split(address)[1]))
    except OSError as error:
        raise RunError(
            f"--workers {address}: cannot listen there ({error.strerror}); free the port"
        ) from error
    came: dict[int, socket.socket] = {}
    others: dict[int, str] = {}
    with closing(server):
        while len(came) < len(workers.addresses) - 1:
            server.settimeout(max(0.01, end - time.monotonic()))
            try:
                connection, _ = server.accept()
            except TimeoutError as error:
                missing = [
                    f"{index} ({workers.addresses[index]})"
                    for index in range(1, len(workers.addresses))
                    if index not in came
                ]
                raise RunError(
                    f"worker {', '.join(missing)} did not come; begin all of them with the same "
                    "--workers, each "
                    "with its --index, within --wait seconds"
                ) from error
            index, said = _hear(connection)
            if not 0 < index < len(workers.addresses):
                connection.close()
                continue
            came[index] = connection
            differing = [name for name, value in facts.items() if said.get(name) != value]
            if differing:
                others[index] = " and ".join(differing)
    for index, connection in came.items():
        with closing(connection), suppress(OSError):
            connection.sendall(f"{others.get(index, _GO if not others else 'nothing')}\n".encode())
    if others:
        index, what = next(iter(others.items()))
        raise UsageError(f"worker {index}: its {what} is not the chief's; give all of them the same")


def _report(workers: Workers, facts: dict[str, str], end: float) -> None:
    place = _split(workers.addresses[0])
    words = " ".join([str(workers.index), *(f"{name}={value}" for name, value in facts.items())])
    answer = ""
    while not answer:
        left_s = end - time.monotonic()
        if left_s <= 0:
            raise RunError(
                f"the chief at {workers.addresses[0]} did not answer, or not all workers came; begin "
                "all of them "
                "with the same --workers, each with its --index, within --wait seconds"
            )
        with suppress(OSError), socket.create_connection(place, timeout=left_s) as connection:
            connection.sendall(f"{words}\n".encode())
            answer = connection.makefile().readline(_MOST_BYTES).strip()
        if not answer:
            time.sleep(min(_PAUSE_S, max(0.0, end - time.monotonic())))
    if answer == "nothing":
        raise UsageError("another worker trains on other data or settings; its line says which")
    if answer != _GO:
        raise UsageError(f"this worker: its {answer} is not the chief's; give all of them the same")


def _hear(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """Return the index and the facts of who has connected; -1 for whoever says something else."""
    connection.settimeout(10)
    try:
        first, *rest = connection.makefile().readline(_MOST_BYTES).split()
        return int(first), dict(word.split("=", 1) for word in rest)
    except (OSError, ValueError):
        return -1, {}


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
