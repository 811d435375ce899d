"""A source that is kept alive: stalls are noticed, broken connections made again, every change reported."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import NoReturn

from fakelens.edge_runtime.errors import CameraError, FakelensError
from fakelens.edge_runtime.live.capture import Capture, RepeatLimit
from fakelens.edge_runtime.live.frame import Frame
from fakelens.edge_runtime.live.source import FrameSource, PatientSource
from fakelens.edge_runtime.live.status import CameraState

_BLOCKED_MOST = 3  # threads left blocked in a driver; beyond, another attempt would only add one


@dataclass(frozen=True, kw_only=True)
class CameraConfig:
    """When a camera counts as stalled, and how it is connected to again."""

    stall_s: float = 2.0  # without a frame, or two of its usual intervals where that is longer
    restart_s: float = 20.0  # without a frame or an answer: connect again
    retry_first_s: float = 1.0  # until the first new attempt; doubled for each further one
    retry_most_s: float = 30.0
    close_s: float = 2.0  # that ending waits for a blocked driver
    repeats: RepeatLimit = field(default_factory=RepeatLimit)


@dataclass(frozen=True, kw_only=True)
class CameraChange:
    """The state that the camera came to, and why."""

    state: CameraState
    error: str | None


class SupervisedSource:
    """Gives the frames of `source` for as long as it takes.

    Only a file or folder, or a camera of this machine that never gave a frame, is given up: `take` raises its
    error then.
    """

    def __init__(self, source: FrameSource, config: CameraConfig | None = None) -> None:
        """Nothing is connected before the first `take`."""
        self.source = source
        self.state = CameraState.STARTING
        self.error: str | None = None
        self.reconnects = 0
        self.changes: deque[CameraChange] = deque()  # not yet reported; whoever reports them removes them
        self._config = config or CameraConfig()
        self._capture: Capture | None = None
        self._blocked: list[Capture] = []  # released, but not yet ended
        self._dropped = 0  # of the captures that have ended
        self._delay_s = self._config.retry_first_s
        self._retry_at = 0.0
        self._connected_at = self._running_since = 0.0
        self._ever_ran = self._runs = False  # any connection, this connection

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more: the end of a file, or closed."""
        return self.state is CameraState.STOPPED

    @property
    def dropped(self) -> int:
        """Frames that were captured but never taken."""
        alive = [*self._blocked, *([self._capture] if self._capture else [])]
        return self._dropped + sum(capture.dropped for capture in alive)

    def take(self, timeout_s: float) -> Frame | None:
        """Return a frame, or None if none comes in time; raises the error of a source that is given up."""
        if self._capture is None and not self._connect(timeout_s):
            return None
        assert self._capture is not None
        frame = self._capture.take(timeout_s)
        if frame is None:
            self.watch()
        else:
            self._note_frame()
        return frame

    def watch(self) -> None:
        """See how the camera is without taking a frame; raises as `take` does."""
        capture, now = self._capture, time.monotonic()
        finished = capture is not None and capture.finished  # read first: a last frame may come in between
        if capture is None or capture.waiting:
            return
        if finished:
            self._conclude(capture)
            return
        if isinstance(self.source, PatientSource) and self.source.patient:
            return
        silent_s = now - (capture.last_frame_at or self._connected_at)
        if self.source.live and silent_s > self._config.restart_s:
            what = "no frame" if self._runs else "no answer"
            self._lose(CameraError(f"{self.source.name}: {what} for {silent_s:.0f} s"))
        elif self.state is CameraState.RUNNING and silent_s > max(
            self._config.stall_s, 2 * capture.interval_s
        ):
            self._change(CameraState.STALLED, f"{self.source.name}: no frame for {silent_s:.1f} s")

    def close(self) -> None:
        """Release the source; waits at most `close_s` for a driver that is blocked."""
        self._let_go()
        deadline = time.monotonic() + self._config.close_s
        for capture in self._blocked:
            capture.join(max(0.0, deadline - time.monotonic()))
        self._bury()
        if not self.ended:
            self._change(CameraState.STOPPED, None)

    def _connect(self, timeout_s: float) -> bool:
        """Start a connection when its time has come; otherwise wait a while."""
        self._bury()
        wait_s = self._retry_at - time.monotonic()
        if wait_s > 0 or len(self._blocked) >= _BLOCKED_MOST:
            time.sleep(min(wait_s, timeout_s) if wait_s > 0 else timeout_s)
            return False
        self._runs, self._connected_at = False, time.monotonic()
        self._capture = Capture(self.source, self._config.repeats)
        self._capture.start()
        return True

    def _note_frame(self) -> None:
        now = time.monotonic()
        if not self._runs:
            self._runs, self._running_since = True, now
            self.reconnects += self._ever_ran
            self._ever_ran = True
        elif now - self._running_since > self._delay_s:  # one frame and gone again is no recovery
            self._delay_s = self._config.retry_first_s
        self._change(CameraState.RUNNING, None)

    def _conclude(self, capture: Capture) -> None:
        """Deal with a connection that has finished."""
        if capture.error is not None:
            self._lose(capture.error)
        elif self._ever_ran:
            self._let_go()
            self._change(CameraState.STOPPED, None)
        else:
            self._give_up(CameraError(f"{self.source.name}: there is no frame in it"))

    def _lose(self, error: FakelensError) -> None:
        """Let a broken connection go and plan the next; raises `error` where there is to be none."""
        self._let_go()
        if not self.source.live or not (self._ever_ran or self.source.remote):
            self._give_up(error)
        self._change(CameraState.RECONNECTING, str(error))
        self._retry_at = time.monotonic() + self._delay_s
        self._delay_s = min(2 * self._delay_s, self._config.retry_most_s)

    def _give_up(self, error: FakelensError) -> NoReturn:
        self._let_go()
        self._change(CameraState.STOPPED, str(error))
        raise error

    def _let_go(self) -> None:
        if self._capture is not None:
            self._capture.leave()
            self._blocked.append(self._capture)
            self._capture = None

    def _bury(self) -> None:
        for capture in [capture for capture in self._blocked if capture.join(0)]:
            self._dropped += capture.dropped
            self._blocked.remove(capture)

    def _change(self, state: CameraState, error: str | None) -> None:
        if (state, error) != (self.state, self.error):
            self.state, self.error = state, error
            self.changes.append(CameraChange(state=state, error=error))
