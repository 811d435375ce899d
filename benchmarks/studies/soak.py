"""Weeks of watching in minutes: many frames from a source that goes wrong at random, and what is left over.

`python -m fakelens.benchmarks.studies.soak` checks 100,000 frames; memory and files are read from
Linux's /proc.
"""

import gc
import json
import logging
import os
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import typer
from PIL import Image

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.live.capture import RepeatLimit
from fakelens.edge_runtime.live.controls import Controls
from fakelens.edge_runtime.live.loop import LiveLoop, LoopConfig
from fakelens.edge_runtime.live.outputs.jsonl import open_jsonl
from fakelens.edge_runtime.live.outputs.recorder import Recorder, RecorderConfig
from fakelens.edge_runtime.live.sources.faulty import Rehearsal, RehearsalConfig, RehearsalSource
from fakelens.edge_runtime.live.status import CameraState, LiveSink, LiveStatus
from fakelens.edge_runtime.live.supervisor import CameraConfig, SupervisedSource

MODEL = "cifake-100k"
FRAMES = 100_000
_WARM_UP = 0.1  # of the frames, until memory is measured for the first time
_MOST_GROWTH = 5_000_000  # bytes
_SETTLE_S = 5.0  # for the threads of connections that were given up in a stall
_BROKEN = (Rehearsal.DISCONNECT, Rehearsal.REPEAT)  # faults that end a connection in any case
# Times as short as they can be: minutes instead of weeks.
_CAMERA = CameraConfig(
    stall_s=0.02, restart_s=0.06, retry_first_s=0.002, retry_most_s=0.01, repeats=RepeatLimit(frames=50)
)


@dataclass(frozen=True, kw_only=True)
class SoakResult:
    """What a soak run came to."""

    seconds: float
    frames: int  # checked
    given: int  # by the source; each was either checked or counted as dropped
    dropped: int
    faults: dict[str, int]  # played by the source
    reported: dict[str, int]  # changes of the camera's state, as sinks got them
    written: dict[str, int]  # the same, as JSON lines
    growth_bytes: int  # of the resident memory, from warm-up to end
    threads_left: int
    files_left: int


class _Witness:
    """Counts what sinks get, measures memory, and ends the run."""

    def __init__(self, controls: Controls, frames: int) -> None:
        self._controls, self._frames = controls, frames
        self._state: tuple[CameraState, str | None] | None = None
        self.reported: Counter[str] = Counter()
        self.begin_bytes = self.end_bytes = 0
        self.last: LiveStatus | None = None

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        self.last = status
        if (status.state, status.error) != self._state:
            self._state = status.state, status.error
            self.reported[str(status.state)] += 1
        if frame is not None and status.frames == int(self._frames * _WARM_UP):
            self.begin_bytes = _measure_rss()
        if status.frames >= self._frames and not self._controls.stopping:
            self.end_bytes = _measure_rss()
            self._controls.stop()

    def close(self) -> None:
        """Nothing to release."""


def soak(frames: int = FRAMES, seed: int = 0, model: str = MODEL) -> SoakResult:
    """Check `frames` frames of a source with faults at random by `seed`; return what was left over."""
    detector, controls = Detector(model), Controls()
    config = RehearsalConfig(width=96, height=64, fps=3000.0, every=200, seconds=0.15, seed=seed)
    source = RehearsalSource(kind=Rehearsal.FAULTS, config=config, name="test:faults")
    source.remote = True  # a first frame that a busy machine delays is waited for
    witness = _Witness(controls, frames)
    threads, files = threading.active_count(), _count_files()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "soak.jsonl"
        recorder = Recorder(RecorderConfig(folder=Path(folder) / "record", limit_bytes=2_000_000))
        sinks: list[LiveSink] = [open_jsonl(lines, 1.0), recorder, witness]
        LiveLoop(SupervisedSource(source, _CAMERA), detector, sinks, LoopConfig(poll_s=0.005), controls).run()
        seconds = time.monotonic() - start
        rows = [json.loads(line) for line in lines.read_text().splitlines()]
    _wait_for_threads(threads)
    assert witness.last is not None
    return SoakResult(
        seconds=seconds,
        frames=witness.last.frames,
        given=source.given,
        dropped=witness.last.dropped,
        faults={str(fault): count for fault, count in sorted(source.faults.items())},
        reported=dict(witness.reported),
        written=dict(Counter(row["state"] for row in rows if row["event"] == "state")),
        growth_bytes=witness.end_bytes - witness.begin_bytes,
        threads_left=threading.active_count() - threads,
        files_left=_count_files() - files,
    )


def find_losses(result: SoakResult) -> list[str]:
    """Return what a run lost or left over, in words; empty where all is well."""
    broken = sum(result.faults.get(fault, 0) for fault in _BROKEN)
    checks = {
        f"memory grew by {result.growth_bytes / 1e6:.1f} MB": result.growth_bytes > _MOST_GROWTH,
        f"{result.threads_left} threads left": result.threads_left > 0,
        f"{result.files_left} files left open": result.files_left > 0,
        f"{result.given - result.frames - result.dropped} frames unaccounted for": (
            result.given != result.frames + result.dropped
        ),
        f"reported {result.reported}, written {result.written}": result.reported != result.written,
        f"{broken} connections broke, {result.reported.get('reconnecting', 0)} were reported": (
            # The last may break while the run ends.
            result.reported.get("reconnecting", 0) < broken - 1
        ),
    }
    return [loss for loss, lost in checks.items() if lost]


def report_soak(result: SoakResult) -> str:
    """Return the figures as a few lines."""
    return "\n".join(
        [
            f"{result.frames} frames checked, {result.dropped} of {result.given} dropped",
            f"faults played: {result.faults}",
            f"states seen:   {result.reported}",
            f"memory {result.growth_bytes / 1e6:+.2f} MB, threads left {result.threads_left}, "
            f"files left {result.files_left}, {result.seconds:.0f} s",
        ]
    )


def _wait_for_threads(most: int) -> None:
    deadline = time.monotonic() + _SETTLE_S
    while threading.active_count() > most and time.monotonic() < deadline:
        time.sleep(0.01)


def _measure_rss() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _count_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Check 100,000 frames of a source with faults and say what was lost; exit code 1 where something was."""
    logging.disable(logging.WARNING)  # that a large frame is scaled down far
    measured = soak()
    typer.echo(report_soak(measured))
    lost = find_losses(measured)
    for loss in lost:
        typer.echo(f"LOST: {loss}")
    if lost:
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
