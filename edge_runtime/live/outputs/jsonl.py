"""Output for programs: one JSON object a line, each flushed at once."""

import json
import os
import time
from pathlib import Path
from typing import TextIO

from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import SinkError, UsageError
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.live.status_row import make_row
from fakelens.edge_runtime.provenance.evidence import Evidence

_BLOCK_BYTES = 1 << 16


class JsonlSink:
    """Writes a line for each change of the camera's state or the verdict, and every interval.

    Likewise where another file says something of itself.
    """

    def __init__(self, stream: TextIO, interval_s: float) -> None:
        """An interval of 0 stands for every frame. `close` closes `stream`, standard output apart."""
        self._stream, self._interval_s = stream, interval_s
        self._state: tuple[CameraState, str | None] | None = None
        self._label: Label | None = None
        self._evidence: tuple[Evidence, ...] | None = None
        self._next = time.monotonic() + interval_s

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Write what is new in `status`; `SinkError` where the file takes no more."""
        state = (status.state, status.error)
        events = ["state"] if state != self._state else []
        if status.label is not self._label:
            events.append("verdict")
        elif status.evidence and status.evidence != self._evidence:
            events.append("evidence")
        now = time.monotonic()
        if now >= self._next and (self._interval_s > 0 or frame is not None):
            self._next = now + self._interval_s
            events.append("interval")
        self._state, self._label, self._evidence = state, status.label, status.evidence
        for event in events:
            self._write(json.dumps({"event": event, **make_row(status)}, allow_nan=False))

    def close(self) -> None:
        """Close the file."""
        if self._stream.fileno() > 2:
            self._stream.close()

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SinkError(f"--jsonl {self._stream.name} is off: {error.strerror}") from error


def open_jsonl(path: Path, interval_s: float) -> JsonlSink:
    """Return a sink that appends to the file at `path`; half a line that a kill left at its end goes.

    Raises `UsageError` where the file holds something else, which would be cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(_BLOCK_BYTES).lstrip(b"\0\r\n")  # zeros are what a power cut may leave
        if head and not head.startswith(b"{"):
            raise UsageError(f"--jsonl {path}: holds no JSON lines; give another file")
        _mend_end(path)
    return JsonlSink(path.open("a", encoding="utf-8"), interval_s)


def _mend_end(path: Path) -> None:
    """Let the file end with a whole line."""
    with path.open("rb+") as file:
        start = size = file.seek(0, os.SEEK_END)
        tail = b""
        while start > 0 and b"\n" not in tail:
            start = max(0, start - _BLOCK_BYTES)
            file.seek(start)
            tail = file.read(size - start)
        half = tail.rpartition(b"\n")[2]
        if not half:
            return
        try:
            json.loads(half)
        except ValueError:
            file.truncate(size - len(half))
        else:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
