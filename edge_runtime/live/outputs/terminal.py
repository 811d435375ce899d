"""Output for people at a terminal: one line a change."""

import time
from typing import TextIO

from PIL import Image

from fakelens.edge_runtime.answers.statements import describe
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.live.status import CameraState, LiveStatus

_START_S = 5.0  # a start is reported only where it takes longer


class TerminalSink:
    """Writes `14:03:07  FAKE   P(fake) 0.973` where the verdict changes, likewise the camera's state.

    Nothing of a camera that is not there: the error that ends the command says it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._state: tuple[CameraState, str | None] | None = None  # as last written
        self._begun = time.monotonic()
        self._label: Label | None = None
        self._source: str | None = None
        self._said = ""  # of the file, as last written

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:  # noqa: ARG002 (LiveSink's)
        """Write what is new in `status`."""
        early = time.monotonic() - self._begun < _START_S and status.state is CameraState.STARTING
        if self._state is None and (early or status.state is CameraState.STOPPED):
            return
        clock = status.time.astimezone().strftime("%H:%M:%S")
        state = (status.state, status.error)
        if state != self._state:
            self._write(f"{clock}  camera {status.state}: {status.error or status.source}")
        if status.label is not None and (status.label, status.source) != (self._label, self._source):
            named = f"  {status.source}" if self._source not in (None, status.source) else ""
            label = str(status.label).upper()
            self._write(f"{clock}  {label:<6} P(fake) {status.p_fake:.3f}{named}{_remark(status)}")
            said = describe(status.evidence, status.pixels_label)
            if said and (said, status.source) != (self._said, self._source):  # of a video it is one, always
                self._write(f"{clock}         {said}")
            self._said = said
        self._state, self._label, self._source = state, status.label, status.source
        if status.state is CameraState.STOPPED:
            self._write(
                f"{clock}  {status.frames} frames checked, {status.dropped} passed unchecked, "
                f"{status.reconnects} reconnects"
            )

    def close(self) -> None:
        """Nothing to release: the stream is the caller's."""

    def _write(self, line: str) -> None:
        self._stream.write(escape_line(line) + "\n")
        self._stream.flush()


def _remark(status: LiveStatus) -> str:
    """Return how the picture was read, and why it is UNSURE, as `check` says them."""
    reason = status.reason.text if status.reason and status.label is Label.UNSURE else None
    return "".join(f"  ({note})" for note in (status.note, reason) if note)
