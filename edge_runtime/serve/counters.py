"""What a server counts, as metrics for Prometheus."""

import threading
import time
from bisect import bisect_left
from collections import Counter
from importlib.metadata import version

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.machine.device import read_temperature_c
from fakelens.edge_runtime.web.exposition import Sample, format_family, format_histogram

_BORDERS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
_UNREADABLE = "unreadable"


class Histogram:
    """How many values were at most each of some borders."""

    def __init__(self) -> None:
        self._counts = [0] * len(_BORDERS_S)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(_BORDERS_S, value)] += 1
        self.total += value

    def accumulate(self) -> dict[float, int]:
        """Return the number of values up to each border."""
        found, count = {}, 0
        for border, here in zip(_BORDERS_S, self._counts, strict=True):
            count += here
            found[border] = count
        return found


class Counters:
    """Counted by the server and by its threads."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._pictures: Counter[str] = Counter({str(label): 0 for label in Label} | {_UNREADABLE: 0})
        self._answers: Counter[int] = Counter()
        self._checking, self._answering = Histogram(), Histogram()

    def count_picture(self, label: Label | None, seconds: float) -> None:
        """Count a checked picture; it took so many seconds, without waiting for its turn."""
        with self._lock:
            self._pictures[_UNREADABLE if label is None else str(label)] += 1
            self._checking.add(seconds)

    def count_answer(self, status: int, seconds: float) -> None:
        """Count an answer of `/check`, so many seconds after the head of the request."""
        with self._lock:
            self._answers[status] += 1
            self._answering.add(seconds)

    def render(self, waiting: int, held_bytes: int) -> str:
        """Return the metrics; `waiting` pictures and `held_bytes` of requests are there now."""
        with self._lock:
            pictures: list[Sample] = [({"verdict": name}, n) for name, n in self._pictures.items()]
            answers: list[Sample] = [({"status": str(code)}, n) for code, n in sorted(self._answers.items())]
            histograms = format_histogram(
                "check_seconds",
                "Decoding and checking one picture.",
                self._checking.accumulate(),
                self._checking.total,
            ) + format_histogram(
                "request_seconds",
                "From the head of a request to its answer.",
                self._answering.accumulate(),
                self._answering.total,
            )
        about = {"version": version("fakelens"), "model": self._model, "source": "serve"}
        families: list[tuple[str, str, str, list[Sample]]] = [
            ("info", "gauge", "What runs; always 1.", [(about, 1)]),
            ("pictures_total", "counter", "Pictures checked, by verdict.", pictures),
            ("requests_total", "counter", "Requests to check, by status.", answers),
            ("waiting_pictures", "gauge", "Pictures that wait or are being checked.", [({}, waiting)]),
            ("held_bytes", "gauge", "Bytes of requests in memory.", [({}, held_bytes)]),
            ("cpu_seconds_total", "counter", "Processor time of this server.", [({}, time.process_time())]),
            ("temperature_celsius", "gauge", "Temperature of the processor.", [({}, read_temperature_c())]),
        ]
        return "".join(format_family(*family) for family in families) + histograms
