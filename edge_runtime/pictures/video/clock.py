"""When a frame of a video is shown: by its own stamp, by the rate of the file, or by neither."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakelens.edge_runtime.extras import load_cv2

if TYPE_CHECKING:
    import cv2

_MOST_FRAMES = 10_000_000  # by the header; more is a lie
_FPS = (1 / 60, 240.0)  # what a header may say without being doubted: from a frame a minute to slow motion
_USUAL_FPS = 25.0
_MOST_DELAY_S = 60.0  # that the first stamps may be ahead of what the slowest rate allows
_SLOWER = 2.0  # times: stamps nearer to a rate that is doubted say no more than the rate


@dataclass(frozen=True, kw_only=True)
class VideoHeader:
    """What a video says of itself, as far as it can be believed."""

    frames: int  # 0 where it says nothing of use
    fps: float
    doubted_fps: float | None = None  # the rate that it said, where that is not believed


def read_header(capture: "cv2.VideoCapture") -> VideoHeader:
    """Return length and rate of an open video; browsers write 1000 frames a second into the header."""
    cv2 = load_cv2()
    frames, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    low, high = _FPS
    doubted = not (math.isfinite(fps) and low <= fps <= high)
    return VideoHeader(
        frames=int(frames) if math.isfinite(frames) and 0 < frames <= _MOST_FRAMES else 0,
        fps=_USUAL_FPS if doubted else fps,
        doubted_fps=fps if doubted and fps > 0 else None,
    )


class Clock:
    """The time of a frame: by its own stamp where stamps go forward, else by the rate."""

    def __init__(self, header: VideoHeader) -> None:
        """Take what the file says of itself."""
        self._header = header
        self._last = -1.0

    def tell(self, capture: "cv2.VideoCapture", index: int) -> float:
        """Return the seconds of the frame `index`, which was just grabbed."""
        stamp = capture.get(load_cv2().CAP_PROP_POS_MSEC) / 1e3
        seconds = stamp if self._believes(stamp, index) else max(index / self._header.fps, self._last)
        self._last = seconds
        return seconds

    def _believes(self, stamp: float, index: int) -> bool:
        if not (math.isfinite(stamp) and self._last < stamp <= index / _FPS[0] + _MOST_DELAY_S):
            return False
        doubted = self._header.doubted_fps
        return doubted is None or stamp * doubted > _SLOWER * index
