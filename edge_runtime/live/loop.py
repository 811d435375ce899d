"""The live loop: a frame, its score, the steady verdict, a status for every sink; until it is stopped."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.checking import CheckedFrame, FrameChecker
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.frame import Frame
from fakelens.edge_runtime.live.sink_group import SinkGroup
from fakelens.edge_runtime.live.smoothing import Smoothed, Smoother, SmoothingConfig
from fakelens.edge_runtime.live.status import CameraState, LiveSink, LiveStatus
from fakelens.edge_runtime.live.supervisor import CameraChange, SupervisedSource
from fakelens.edge_runtime.provenance.evidence import Evidence, declares_generated

_RATE_SPAN_S = 3.0  # over which frames a second are counted


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How the loop goes; times in seconds."""

    budget_ms: float | None = None  # of inference a frame, for models that look at tiles
    fps_limit: float | None = None  # frames a second to check at most
    smoothing: SmoothingConfig = field(default_factory=SmoothingConfig)
    heartbeat_s: float = 1.0  # sinks get a status at least so often, frame or no frame
    poll_s: float = 0.2  # a stop, a key or a pause takes effect after so long at most


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What is known from the last frame."""

    frame: Frame
    check: CheckedFrame
    verdict: Smoothed
    width: int
    height: int
    evidence: tuple[Evidence, ...] | None  # of the frame's file

    @property
    def label(self) -> Label:
        """The answer: a declared generator decides, whatever the pixels."""
        return Label.FAKE if self.is_declared else self.verdict.label

    @property
    def is_declared(self) -> bool:
        """Whether the file says that a generator made it."""
        return declares_generated(self.evidence or ())


class LiveLoop:
    """Runs in the caller's thread; only the camera has one of its own."""

    def __init__(
        self,
        camera: SupervisedSource,
        detector: Detector,
        sinks: Sequence[LiveSink],
        config: LoopConfig | None = None,
        controls: Controls | None = None,
    ) -> None:
        self._config = config or LoopConfig()
        self._camera, self._sinks = camera, SinkGroup(sinks)
        self._controls = controls or Controls()
        self._checker = FrameChecker(detector, self._config.budget_ms)
        self._smoother = Smoother(detector.decision, self._config.smoothing)
        self._model = detector.contract.name
        self._pixels_only = detector.pixels_only
        self._seen: _Seen | None = None
        self._rate = _Rate()
        self._frames = self._skipped = 0
        self._due = self._told_at = 0.0

    def run(self, poll: Callable[[], None] | None = None) -> None:
        """Watch until the source ends or the controls say stop; `poll` is called in every round.

        Raises the error of a source that is given up. Source and sinks are closed in any case.
        """
        try:
            self._tell(CameraChange(state=self._camera.state, error=None))
            while not self._controls.stopping and not self._camera.ended:
                self._step()
                if poll is not None:
                    poll()
        finally:
            try:
                self._camera.close()
                self._tell_changes()
            finally:
                self._sinks.close()

    def _step(self) -> None:
        frame = self._take()
        self._tell_changes()
        if frame is not None:
            self._check(frame)
        elif time.monotonic() - self._told_at >= self._config.heartbeat_s:
            self._tell(CameraChange(state=self._camera.state, error=self._camera.error))

    def _take(self) -> Frame | None:
        """Return the next frame to check, None if there is none yet."""
        poll_s = self._config.poll_s
        if self._controls.paused:
            if not self._camera.source.live:  # a file waits
                time.sleep(poll_s)
            elif self._camera.take(poll_s) is not None:
                self._skipped += 1
            return None
        early_s = self._due - time.monotonic()
        if early_s > 0:
            self._camera.watch()
            time.sleep(min(early_s, poll_s))
            return None
        frame = self._camera.take(poll_s)
        if frame is not None and self._config.fps_limit is not None:
            now = time.monotonic()
            period_s = 1 / self._config.fps_limit
            self._due = max(self._due + period_s, now)  # evenly, without making up for what was late
        return frame

    def _check(self, frame: Frame) -> None:
        image = frame.to_image()
        check = self._checker.check(image)
        verdict = self._smoother.add(check.p_fake, frame.time_s)
        if check.reason is not None:  # the score is kept in mind, but nothing is said of such a frame
            verdict = replace(verdict, label=Label.UNSURE)
        self._seen = _Seen(
            frame=frame,
            check=check,
            verdict=verdict,
            width=image.width,
            height=image.height,
            evidence=None if self._pixels_only else frame.evidence,
        )
        self._frames += 1
        now = time.monotonic()
        self._rate.add(now)
        self._told_at = now
        self._sinks.update(self._to_status(self._camera.state, self._camera.error), image)

    def _tell_changes(self) -> None:
        while self._camera.changes:
            self._tell(self._camera.changes.popleft())

    def _tell(self, change: CameraChange) -> None:
        self._told_at = time.monotonic()
        self._sinks.update(self._to_status(change.state, change.error), None)

    def _to_status(self, state: CameraState, error: str | None) -> LiveStatus:
        seen = self._seen
        return LiveStatus(
            time=datetime.now(UTC),
            state=state,
            label=seen.label if seen else None,
            p_fake=seen.verdict.p_fake if seen else None,
            frame_p_fake=seen.check.p_fake if seen else None,
            regions=seen.check.regions if seen else (),
            frames=self._frames,
            dropped=self._camera.dropped + self._skipped,
            reconnects=self._camera.reconnects,
            fps=self._rate.at(time.monotonic()),
            inference_ms=seen.check.inference_ms if seen else None,
            width=seen.width if seen else None,
            height=seen.height if seen else None,
            source=(seen.frame.name if seen else None) or self._camera.source.name,
            model=self._model,
            error=error,
            frame_time_s=seen.frame.time_s if seen else None,
            paused=self._controls.paused,
            reason=seen.check.reason if seen else None,
            note=seen.frame.note if seen else None,
            evidence=seen.evidence if seen else None,
            pixels_label=seen.verdict.label if seen and seen.is_declared else None,
        )


class _Rate:
    """Frames a second over the last seconds; 0 when there were none."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._times: deque[float] = deque()

    def add(self, now: float) -> None:
        """Count a frame."""
        self._times.append(now)

    def at(self, now: float) -> float:
        """Return the rate at `now`, monotonic seconds."""
        while self._times and self._times[0] < now - _RATE_SPAN_S:
            self._times.popleft()
        return len(self._times) / min(_RATE_SPAN_S, max(now - self._start, 1e-3))
