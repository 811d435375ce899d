"""One connection to a source, read by a thread of its own."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fakelens.edge_runtime.errors import CameraError, FakelensError
from fakelens.edge_runtime.live.frame import Frame, Pixels
from fakelens.edge_runtime.live.source import (
    FileStream,
    FrameSource,
    FrameStream,
    NamedStream,
    WaitingStream,
)
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.redact import redact_url

_SHARE = 0.1  # of the latest interval in the mean one
_GRID = 16  # px; two frames that agree on every 16th pixel each way are the same: sensors have noise


@dataclass(frozen=True, kw_only=True)
class RepeatLimit:
    """From when on a repeated frame is a broken driver and no still scene; Frigate restarts on the like."""

    frames: int = 300
    fps: float = 200.0  # no camera that we know of is so quick


class Capture:
    """Reads one connection until it breaks, ends or is released; its thread never holds up the process.

    A live source overwrites the frame that waits, which counts as dropped; any other waits for its consumer.
    """

    def __init__(self, source: FrameSource, repeats: RepeatLimit) -> None:
        """Nothing happens before `start`."""
        self._source, self._repeats = source, repeats
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._left = False
        self._stop_waiting: Callable[[], None] = lambda: None  # of a stream that may wait for long
        self.finished = False  # nothing comes any more
        self.error: FakelensError | None = None  # why it finished; None: the end of a file
        self.frames = 0  # captured
        self.dropped = 0  # of them, never taken
        self.last_frame_at: float | None = None  # monotonic
        self.interval_s = 0.0  # from frame to frame, a running mean
        # A daemon: a driver may block for ever, and the process must end all the same.
        self._thread = threading.Thread(target=self._run, name="fakelens-capture", daemon=True)

    def start(self) -> None:
        """Connect and read, in the background."""
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be taken."""
        return self._frame is not None

    def take(self, timeout_s: float) -> Frame | None:
        """Return the newest frame of a live source, the next one of any other; None if none comes in time."""
        with self._changed:
            if self._frame is None and not self.finished:
                self._changed.wait(timeout_s)
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame

    def leave(self) -> None:
        """Ask the thread to end, without waiting: it may be blocked in a driver."""
        with self._changed:
            self._left = True
            self.dropped += self._frame is not None
            self._frame = None
            self._changed.notify_all()
        self._stop_waiting()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        error: FakelensError | None = None
        try:
            stream = self._source.open()
            if isinstance(stream, WaitingStream):
                self._stop_waiting = stream.stop_waiting
            try:
                self._read_all(stream)
            finally:
                stream.close()
        except FakelensError as reason:
            error = reason
        except Exception as reason:  # noqa: BLE001 (drivers raise many kinds; the supervisor tells it)
            error = CameraError(f"{self._source.name}: {redact_url(str(reason)) or type(reason).__name__}")
        with self._changed:
            self.error, self.finished = error, True
            self._changed.notify_all()

    def _read_all(self, stream: FrameStream) -> None:
        guard = _RepeatGuard(self._repeats, self._source.name) if self._source.live else None
        step_s = stream.interval_s or 0.0
        while not self._left:
            pixels = stream.read()
            if pixels is None:
                return
            now = time.monotonic()
            name, note = (stream.current, stream.note) if isinstance(stream, NamedStream) else (None, None)
            evidence = stream.evidence if isinstance(stream, FileStream) else None
            time_s = now if self._source.live else self.frames * step_s
            self._put(Frame(pixels=pixels, time_s=time_s, name=name, note=note, evidence=evidence), now)
            if guard is not None:
                guard.watch(pixels, now)

    def _put(self, frame: Frame, now: float) -> None:
        with self._changed:
            while not self._source.live and self._frame is not None and not self._left:
                self._changed.wait()
            self.frames += 1
            self.dropped += self._left or self._frame is not None
            self._frame = None if self._left else frame
            if self.last_frame_at is not None:
                latest = now - self.last_frame_at
                self.interval_s += (_SHARE if self.interval_s else 1.0) * (latest - self.interval_s)
            self.last_frame_at = now
            self._changed.notify_all()


class _RepeatGuard:
    """Finds out when a source gives one frame again and again at a rate that no camera has."""

    def __init__(self, limit: RepeatLimit, name: str) -> None:
        self._limit, self._name = limit, name
        self._last: Pixels | None = None
        self._count, self._since = 0, 0.0

    def watch(self, pixels: Pixels, now: float) -> None:
        """Take in a frame; `CameraError` where it is one too many of the same."""
        if not self._is_repeated(pixels):
            self._last = pixels[::_GRID, ::_GRID].copy() if isinstance(pixels, np.ndarray) else pixels
            self._count, self._since = 0, now
            return
        self._count += 1
        fps = self._count / max(now - self._since, 1e-9)
        if self._count >= self._limit.frames and fps > self._limit.fps:
            raise CameraError(f"{self._name}: it repeats one frame, {fps:.0f} times a second")

    def _is_repeated(self, pixels: Pixels) -> bool:
        if isinstance(pixels, np.ndarray) and isinstance(self._last, np.ndarray):
            grid: ImageU8 = pixels[::_GRID, ::_GRID]
            return np.array_equal(grid, self._last)
        return pixels is self._last
