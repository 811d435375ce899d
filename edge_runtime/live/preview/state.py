"""State of the preview: the latest status and picture, and the score of the last minutes."""

import threading
import time
from collections import deque
from dataclasses import dataclass

from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.modelfile.contract import Decision

HISTORY_S = 300  # seconds of the chart, one point each


@dataclass(frozen=True, kw_only=True)
class Point:
    """One second of the chart."""

    second: int  # Unix time
    p_fake: float  # smoothed, the last of the second
    label: Label


@dataclass(frozen=True, kw_only=True)
class StateView:
    """All of it at one moment."""

    status: LiveStatus | None
    frame: Image.Image | None
    number: int  # of the frame, from 1 on
    age_s: float | None  # since the last status


class Board:
    """Written by the live loop, read by the server's thread; memory is bounded."""

    def __init__(self, decision: Decision | None = None) -> None:
        self.decision = decision  # the borders of the answers, where they are known
        self._lock = threading.Lock()
        self._status: LiveStatus | None = None
        self._frame: Image.Image | None = None
        self._number = 0
        self._updated = 0.0
        self._points: deque[Point] = deque(maxlen=HISTORY_S)

    def put(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Take in a status, and its picture where there is one; keeps no copy, so `frame` must not change."""
        with self._lock:
            self._status, self._updated = status, time.monotonic()
            if frame is None:
                return
            self._frame = frame
            self._number += 1
            if status.p_fake is None or status.label is None:
                return
            point = Point(second=int(status.time.timestamp()), p_fake=status.p_fake, label=status.label)
            if self._points and self._points[-1].second == point.second:
                self._points[-1] = point
            else:
                self._points.append(point)

    def look(self) -> StateView:
        """Return what is there now."""
        with self._lock:
            age_s = None if self._status is None else time.monotonic() - self._updated
            return StateView(status=self._status, frame=self._frame, number=self._number, age_s=age_s)

    def list_points(self) -> list[Point]:
        """Return the seconds with a score, oldest first, of the last `HISTORY_S` seconds."""
        oldest = time.time() - HISTORY_S
        with self._lock:
            return [point for point in self._points if point.second >= oldest]
