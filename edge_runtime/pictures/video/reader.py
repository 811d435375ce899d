"""Pictures of a video file, by way of OpenCV; what does not decode is passed over and counted."""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.pictures.formats import Kind, name_remedy
from fakelens.edge_runtime.pictures.video.still import MOST_STILLS, REMEDY, Still, Tally, spread

if TYPE_CHECKING:
    import cv2

_MOST_FRAMES = 10_000_000  # by the header; more is a lie
_IN_A_ROW = 1_500  # frames; a longer file is not read through but jumped in
MOST_FAILURES = 100  # one after the other: nothing comes any more
_FPS = (1.0, 240.0)  # what a header may say without being doubted
_USUAL_FPS = 25.0


def read_video(path: Path, tally: Tally) -> Iterator[Still]:
    """Yield up to `MOST_STILLS` pictures spread over the length of the video `path`; counts go to `tally`.

    Raises `ImageError` where OpenCV is missing or the file is no video that it decodes.
    """
    remedy = name_remedy(Kind.VIDEO)
    if remedy is not None:
        raise ImageError(f"{path}: {Kind.VIDEO}: {remedy}")
    capture = open_capture(path)
    try:
        header = read_header(capture)
        tally.frames = header.frames
        reading = _jump if header.frames > _IN_A_ROW else _read_through
        yield from reading(capture, _Clock(header), header.frames, tally)
    finally:
        capture.release()


@dataclass(frozen=True, kw_only=True)
class VideoHeader:
    """What a video says of itself, as far as it can be believed."""

    frames: int  # 0 where it says nothing of use
    fps: float
    doubted: bool  # whether it said another rate


def read_header(capture: "cv2.VideoCapture") -> VideoHeader:
    """Return length and rate of an open video; browsers write 1000 frames a second into the header."""
    cv2 = load_cv2()
    frames, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    low, high = _FPS
    doubted = not (math.isfinite(fps) and low <= fps <= high)
    return VideoHeader(
        frames=int(frames) if math.isfinite(frames) and 0 < frames <= _MOST_FRAMES else 0,
        fps=_USUAL_FPS if doubted else fps,
        doubted=doubted,
    )


class _Clock:
    """The time of a frame: by its own stamp where stamps go forward, else by the rate."""

    def __init__(self, header: VideoHeader) -> None:
        self._fps, self._doubted = header.fps, header.doubted
        self._last = -1.0

    def tell(self, capture: "cv2.VideoCapture", index: int) -> float:
        """Return the seconds of the frame `index`, which was just read."""
        stamp = capture.get(load_cv2().CAP_PROP_POS_MSEC) / 1e3
        by_rate = index / self._fps
        plausible = math.isfinite(stamp) and stamp > self._last and stamp <= index / _FPS[0] + 60
        seconds = stamp if plausible and not self._doubted else max(by_rate, self._last)
        self._last = seconds
        return seconds


def _read_through(capture: "cv2.VideoCapture", clock: _Clock, known: int, tally: Tally) -> Iterator[Still]:
    wanted = set(spread(known, MOST_STILLS)) if known else None
    kept: list[Still] = []
    index = failures = decoded = 0
    while index < (known or _MOST_FRAMES) and failures < MOST_FAILURES:
        if not capture.grab():
            failures += 1
        else:
            if not known:
                tally.lost += failures  # the last ones are the end
            failures = 0
            decoded += 1
            take = index % _every(index) == 0 if wanted is None else index in wanted
            if take and (still := _retrieve(capture, clock.tell(capture, index))) is not None:
                kept.append(still)
                if wanted is not None:
                    yield kept.pop()
                elif len(kept) >= 2 * MOST_STILLS:
                    kept = kept[::2]
        index += 1
    if known:
        tally.lost = known - decoded
    else:
        tally.frames = decoded + tally.lost
    yield from (kept[place] for place in spread(len(kept), MOST_STILLS))


def _every(index: int) -> int:
    """Return how far apart frames are taken near `index`, where the length is not known."""
    return 1 << max(0, (index // MOST_STILLS).bit_length() - 1)


def _jump(capture: "cv2.VideoCapture", clock: _Clock, known: int, tally: Tally) -> Iterator[Still]:
    cv2 = load_cv2()
    for index in spread(known, MOST_STILLS):
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        tries = 0
        while not capture.grab() and tries < MOST_FAILURES:
            tries += 1
        tally.lost += tries
        if tries < MOST_FAILURES and (still := _retrieve(capture, clock.tell(capture, index))) is not None:
            yield still


def _retrieve(capture: "cv2.VideoCapture", seconds: float) -> Still | None:
    found, pixels = capture.retrieve()
    if not found or pixels is None or not pixels.size:
        return None
    bgr = np.asarray(pixels, np.uint8)
    grey = bgr.ndim == 2 or bgr.shape[2] == 1
    rgb = np.repeat(bgr.reshape(*bgr.shape[:2], 1), 3, axis=2) if grey else bgr[..., 2::-1]
    return Still(seconds=seconds, image=Image.fromarray(np.ascontiguousarray(rgb)))


def open_capture(path: Path) -> "cv2.VideoCapture":
    """Return the open video `path`; `ImageError` where OpenCV does not decode it.

    It is opened under a name that OpenCV takes: plain text, and no pattern for a series of pictures.
    """
    if not path.is_file():
        raise ImageError(f"{path}: no file" if path.exists() else f"{path}: no such file")
    with tempfile.TemporaryDirectory(prefix="fakelens-") as folder:
        name = str(path)
        if not name.isascii() or "%" in name:
            link = Path(folder, f"video{path.suffix if path.suffix.isascii() else ''}")
            link.symlink_to(path.resolve())
            name = str(link)
        # Open from here on, whatever becomes of the link.
        capture: cv2.VideoCapture = load_cv2().VideoCapture(name, load_cv2().CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        raise ImageError(f"{path}: not a video that can be decoded, damaged or of a rare form; {REMEDY}")
    return capture
