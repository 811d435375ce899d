"""Workers wait for one another, and say who is missing or trains on something else."""

import socket
import threading
from collections.abc import Callable

import pytest

from fakelens.edge_runtime.errors import FakelensError
from fakelens.train.rendezvous import meet
from fakelens.train.workers import Workers

SAME = {"data": "1234", "setting": "5678"}


@pytest.fixture
def addresses() -> tuple[str, ...]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"127.0.0.1:{port}", "127.0.0.1:1", "127.0.0.1:2"


def meet_all(addresses: tuple[str, ...], facts: list[dict[str, str]], wait_s: float) -> list[str]:
    """Let as many workers meet as there are facts; what each of them ends with, empty where all went well."""
    said = [""] * len(facts)

    def begin(index: int) -> Callable[[], None]:
        def run() -> None:
            try:
                meet(Workers(addresses=addresses, index=index), facts[index], wait_s)
            except FakelensError as error:
                said[index] = str(error)

        return run

    threads = [threading.Thread(target=begin(index)) for index in reversed(range(len(facts)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_all_come(addresses: tuple[str, ...]) -> None:
    assert meet_all(addresses, [SAME] * 3, 30) == ["", "", ""]


def test_who_never_comes_is_named(addresses: tuple[str, ...]) -> None:
    chief, worker = meet_all(addresses, [SAME] * 2, 1)
    assert chief.startswith("worker 2 (127.0.0.1:2) did not come; begin all of them")
    assert "did not answer, or not all workers came" in worker


def test_who_trains_on_something_else_is_named(addresses: tuple[str, ...]) -> None:
    said = meet_all(addresses, [SAME, SAME, SAME | {"data": "0"}], 30)
    assert said[0] == "worker 2: its data is not the chief's; give all of them the same"
    assert said[1] == "another worker trains on other data or settings; its line says which"
    assert said[2] == "this worker: its data is not the chief's; give all of them the same"


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(FakelensError, match="cannot listen there"):
            meet(Workers(addresses=(address, "b:1"), index=0), SAME, 1)
