"""State of the live checker at one moment, the same for every sink."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.pictures.tiles import Region
from fakelens.edge_runtime.provenance.evidence import Evidence


class CameraState(StrEnum):
    """How the source of the frames is."""

    STARTING = "starting"
    RUNNING = "running"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class LiveStatus:
    """State of camera and verdict after a frame, or after a change of state without one."""

    time: datetime  # UTC, aware
    state: CameraState
    label: Label | None  # smoothed; None before the first frame
    p_fake: float | None  # smoothed
    frame_p_fake: float | None  # of the last frame alone
    regions: tuple[Region, ...]  # the latest score of every tile of the picture
    frames: int  # checked since the start
    dropped: int  # captured but never checked, since the start
    reconnects: int
    fps: float  # checked frames a second, over the last seconds
    inference_ms: float | None  # of the last frame
    width: int | None  # px, of the last frame
    height: int | None
    source: str  # without credentials
    model: str
    error: str | None = None  # why the camera is not running, in one line
    frame_time_s: float | None = None  # of the last frame, on the source's own clock: a file's is its place
    paused: bool = False  # by a key: frames pass unchecked
    reason: Reason | None = None  # why there is nothing left to see in the last frame
    note: str | None = None  # what to know of how the last picture of a folder was read
    evidence: tuple[Evidence, ...] | None = None  # what its file says of itself; None without a file
    pixels_label: Label | None = None  # the pixels' answer, where the file's own statement decided instead


class LiveSink(Protocol):
    """Take a status; must be quick, since it runs in the loop."""

    def update(self, status: LiveStatus, frame: Image.Image | None) -> None:
        """Take in `status` and, after a frame, the upright RGB picture that it is about."""

    def close(self) -> None:
        """Flush and release everything; called once, also after an error."""
