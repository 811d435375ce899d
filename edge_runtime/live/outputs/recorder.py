"""Keeping what the camera saw around a change to FAKE."""

import io
import json
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import SinkError
from fakelens.edge_runtime.live.outputs.archive import DISK_FULL, Archive
from fakelens.edge_runtime.live.outputs.avi import AviWriter
from fakelens.edge_runtime.live.status import LiveStatus
from fakelens.edge_runtime.live.status_row import make_row

_QUALITY = 90
_CLIP_PART = ".clip.avi"  # while it is written
_JPEG_MOST_PX = 65_500  # of a side, what libjpeg takes
_log = logging.getLogger(__name__)
_LARGEST_SHARE = 4  # no event takes more than this part of the limit


@dataclass(frozen=True, kw_only=True)
class RecorderConfig:
    """What is kept, and how much of it; seconds are those of the source's clock."""

    folder: Path
    limit_bytes: int = 1_000_000_000  # of all recordings; the oldest go
    before_s: float = 2.0
    after_s: float = 3.0
    fps: float = 5.0  # of the frames around the change: each costs a JPEG
    memory_bytes: int = 32_000_000  # of the frames kept in case a change comes


@dataclass(frozen=True, kw_only=True)
class _Kept:
    time_s: float
    size: tuple[int, int]
    jpeg: bytes


class Recorder:
    """For each change to FAKE a folder with `change.png` (lossless), frames, `clip.avi` and `event.json`."""

    def __init__(self, config: RecorderConfig) -> None:
        """`SinkError` where the folder cannot be written to."""
        self._config = config
        try:
            self._archive = Archive(config.folder, config.limit_bytes)
        except OSError as error:
            raise SinkError(f"--record {config.folder}: {error.strerror}; name another folder") from error
        self._past: deque[_Kept] = deque()
        self._past_bytes = 0
        self._due_s = 0.0
        self._label: Label | None = None
        self._event: _Event | None = None
        self._full = False  # said once, until an event is kept again

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Keep the frame for a while; begin, carry on or end an event. `SinkError` where the disk is full."""
        if frame is None or status.frame_time_s is None:
            return
        time_s = status.frame_time_s
        changed = status.label is Label.FAKE and self._label is not Label.FAKE
        self._label = status.label
        try:
            if changed and self._event is None:
                self._event = _Event(self._archive, status, self._config)
                self._event.begin(status, frame, self._past)
            if changed and self._event is not None:
                self._event.until_s = time_s + self._config.after_s
            if time_s >= self._due_s or time_s < self._due_s - 2 / self._config.fps:  # a clock set back
                self._due_s = time_s + 0.9 / self._config.fps  # a tenth early, or rounding would skip frames
                self._keep(_encode(frame, time_s))
            if self._event is not None and (time_s >= self._event.until_s or self._event.full):
                self._end()
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise SinkError(
                    f"--record {self._config.folder} is off: {error.strerror or error}"
                ) from error
            self._give_up_event()

    def close(self) -> None:
        """End an event that is under way."""
        self._end()

    def _keep(self, kept: _Kept) -> None:
        if self._event is not None:
            self._event.add(kept)
        self._past.append(kept)
        self._past_bytes += len(kept.jpeg)
        while self._past and (
            self._past_bytes > self._config.memory_bytes
            or kept.time_s - self._past[0].time_s > self._config.before_s
        ):
            self._past_bytes -= len(self._past.popleft().jpeg)

    def _give_up_event(self) -> None:
        """Leave out an event that a full disk has no room for; the next change is tried again."""
        event, self._event = self._event, None
        if event is not None:
            with suppress(OSError):
                event.close()
            self._archive.discard(event.folder)
        self._label = None
        if not self._full:
            self._full = True
            _log.warning("--record %s: the disk is full; free some space", self._config.folder)

    def _end(self) -> None:
        event, self._event = self._event, None
        if event is not None:
            try:
                event.close()
                self._full = False
            finally:
                with suppress(OSError):
                    self._archive.settle(event.folder)


class _Event:
    """One recording under way."""

    def __init__(self, archive: Archive, status: LiveStatus, config: RecorderConfig) -> None:
        self.folder, self.until_s = archive.add(status.time), 0.0
        self._archive = archive
        self._config = config
        self._clip: AviWriter | None = None
        self._size = (0, 0)
        self._frames = self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it takes its share of the limit, or nearly."""
        return self._bytes > self._config.limit_bytes // _LARGEST_SHARE

    def begin(self, status: LiveStatus, frame: Image.Image, past: deque[_Kept]) -> None:
        """Write the change itself and what went before; each file at once or not at all."""
        buffer = io.BytesIO()
        frame.save(buffer, "PNG", compress_level=1)  # the loop waits: quick rather than small
        self._archive.write(self.folder / "change.png", buffer.getvalue())
        row = json.dumps(make_row(status), indent=1) + "\n"
        self._archive.write(self.folder / "event.json", row.encode())
        for kept in past:
            self.add(kept)

    def add(self, kept: _Kept) -> None:
        """Write a frame, on its own and into the clip; a clip ends where the frame size changes."""
        self._archive.write(self.folder / f"{self._frames:04d}.jpg", kept.jpeg)
        self._frames += 1
        self._bytes += 2 * len(kept.jpeg)
        if self._clip is None:
            self._size = kept.size
            self._clip = AviWriter(self.folder / _CLIP_PART, *kept.size, self._config.fps)
        if kept.size == self._size:
            self._clip.add(kept.jpeg)

    def close(self) -> None:
        """Finish the clip, which has its name from then on."""
        if self._clip is not None:
            self._clip.close()
            (self.folder / _CLIP_PART).replace(self.folder / "clip.avi")


def _encode(frame: Image.Image, time_s: float) -> _Kept:
    if max(frame.size) > _JPEG_MOST_PX:  # the change itself is a PNG; around it a smaller one will do
        frame = frame.reduce(-(-max(frame.size) // _JPEG_MOST_PX))
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=_QUALITY)
    return _Kept(time_s=time_s, size=frame.size, jpeg=buffer.getvalue())
