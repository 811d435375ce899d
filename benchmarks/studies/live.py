"""The cost of the live loop per frame: everything but capture, decode and inference.

`python -m fakelens.benchmarks.studies.live` prints it for frames of 640 x 480 px, without a window.
"""

import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Verdict
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.loop import LiveLoop
from fakelens.edge_runtime.live.outputs.jsonl import open_jsonl
from fakelens.edge_runtime.live.sources.factory import make_source
from fakelens.edge_runtime.live.status import LiveSink, LiveStatus
from fakelens.edge_runtime.live.supervisor import SupervisedSource
from fakelens.edge_runtime.pictures.arrays import Colours

MODEL = "cifake-100k"
FRAMES = 600
FPS = 30.0
_WARM_UP = 30  # frames
_MOST_MS = 1.0
_MOST_SHARE = 0.05  # of the time from frame to frame


@dataclass(frozen=True, kw_only=True)
class OverheadResult:
    """CPU milliseconds of the loop's thread, one value a frame."""

    overhead_ms: npt.NDArray[np.float64]  # conversion to RGB, smoothing, status, sinks, waiting for frames
    inference_ms: npt.NDArray[np.float64]
    frame_ms: float  # from frame to frame at the rate of the source


class _TimedDetector(Detector):
    """Keeps the CPU time of each check."""

    spent_s = 0.0

    def check(
        self, image: Path | str | bytes | Image.Image | npt.NDArray[Any], *, colours: str = Colours.RGB
    ) -> Verdict:
        start = time.thread_time()
        verdict = super().check(image, colours=colours)
        self.spent_s += time.thread_time() - start
        return verdict


class _Meter:
    """The last sink: the CPU time of the loop's thread from frame to frame, without that of inference."""

    def __init__(self, detector: _TimedDetector, controls: Controls, frames: int) -> None:
        self._detector, self._controls, self._frames = detector, controls, frames
        self._last: tuple[float, float] | None = None
        self.overhead_ms: list[float] = []
        self.inference_ms: list[float] = []

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        if frame is None:
            return
        now = time.thread_time(), self._detector.spent_s
        if self._last is not None and status.frames > _WARM_UP:
            thread_s, inference_s = (after - before for after, before in zip(now, self._last, strict=True))
            self.overhead_ms.append((thread_s - inference_s) * 1e3)
            self.inference_ms.append(inference_s * 1e3)
        self._last = now
        if len(self.overhead_ms) >= self._frames:
            self._controls.stop()

    def close(self) -> None:
        """Nothing to release."""


def measure_overhead(frames: int = FRAMES, fps: float = FPS, model: str = MODEL) -> OverheadResult:
    """Run the loop on a test source at `fps` with JSON lines for every frame; return what `frames` took.

    CPU time and not wall time: the loop waits for the camera, and other programs may run.
    """
    detector, controls = _TimedDetector(model), Controls()
    meter = _Meter(detector, controls, frames)
    with tempfile.TemporaryDirectory() as folder:
        sinks: list[LiveSink] = [open_jsonl(Path(folder) / "live.jsonl", 0), meter]
        LiveLoop(
            SupervisedSource(make_source(f"test:loop?fps={fps}")), detector, sinks, controls=controls
        ).run()
    return OverheadResult(
        overhead_ms=np.array(meter.overhead_ms),
        inference_ms=np.array(meter.inference_ms),
        frame_ms=1e3 / fps,
    )


def report_overhead(result: OverheadResult) -> str:
    """Return the figures as a few lines."""
    share = np.percentile(result.overhead_ms, 50) / result.frame_ms
    rows = [
        f"{name:<10} n {len(ms)}  p50 {np.percentile(ms, 50):.3f} ms  p90 {np.percentile(ms, 90):.3f} ms"
        for name, ms in (("overhead", result.overhead_ms), ("inference", result.inference_ms))
    ]
    return "\n".join(
        [*rows, f"share of a frame's {result.frame_ms:.1f} ms: {share:.1%} (at most {_MOST_SHARE:.0%})"]
    )


def is_within_limits(result: OverheadResult) -> bool:
    """Whether the median overhead is at most 1 ms and 5% of the time from frame to frame."""
    overhead_ms = float(np.percentile(result.overhead_ms, 50))
    return overhead_ms <= min(_MOST_MS, _MOST_SHARE * result.frame_ms)


def main() -> None:
    """Measure what the live loop adds to each frame; exit code 1 where it is beyond the limits."""
    logging.disable(logging.WARNING)  # that a large frame is scaled down far
    measured = measure_overhead()
    typer.echo(report_overhead(measured))
    if not is_within_limits(measured):
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
