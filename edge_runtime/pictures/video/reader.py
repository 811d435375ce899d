"""Pictures of a video file, by way of OpenCV; what does not decode is passed over and counted."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.extras import load_cv2
from fakelens.edge_runtime.pictures.formats import Kind, name_remedy
from fakelens.edge_runtime.pictures.video.clock import Clock, VideoHeader, read_header
from fakelens.edge_runtime.pictures.video.still import MOST_STILLS, REMEDY, Still, Tally, spread

if TYPE_CHECKING:
    import cv2

_MOST_FRAMES = 10_000_000  # that are read
_IN_A_ROW = 1_500  # frames; a longer file is not read through but jumped in
MOST_FAILURES = 100  # one after the other: nothing comes any more


def read_video(path: Path, tally: Tally) -> Iterator[Still]:
    """Yield pictures spread over the length of the video `path`; counts go to `tally`.

    Up to `MOST_STILLS` of the length that its header says, and as many of what comes after that. Raises
    `ImageError` where OpenCV is missing or the file is no video that it decodes.
    """
    remedy = name_remedy(Kind.VIDEO)
    if remedy is not None:
        raise ImageError(f"{path}: {Kind.VIDEO}: {remedy}")
    capture = open_capture(path)
    try:
        header = read_header(capture)
        reading = _Reading(capture, header)
        if header.frames > _IN_A_ROW:
            yield from reading.jump()
        else:
            yield from reading.read_known()
        yield from reading.read_rest()
        reading.count(tally)
    finally:
        capture.release()


class _Reading:
    """One way through a video: what its header says there is, then what there is beyond."""

    def __init__(self, capture: "cv2.VideoCapture", header: VideoHeader) -> None:
        self._capture, self._known, self._clock = capture, header.frames, Clock(header)
        self._index = 0  # of the next frame
        self._lost = 0  # frames that do not decode
        self._missed, self._places = 0, 0  # places that were not reached, of those that were jumped to
        self._at_end = True  # of what the header counts, and not somewhere else after a jump that failed

    def read_known(self) -> Iterator[Still]:
        """Yield pictures of the frames that the header counts, all of which are gone through."""
        wanted = set(spread(self._known, MOST_STILLS))
        while self._index < self._known and self._advance():
            if self._index - 1 in wanted and (still := self._retrieve(self._known / len(wanted))) is not None:
                yield still

    def jump(self) -> Iterator[Still]:
        """Yield pictures from places all over the length that the header says."""
        cv2 = load_cv2()
        step = (self._known - 1) / (MOST_STILLS - 1)
        for index in spread(self._known, MOST_STILLS):
            self._places += 1
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            tries = 0
            while not (grabbed := self._capture.grab()) and tries < MOST_FAILURES:
                tries += 1
            landed = self._capture.get(cv2.CAP_PROP_POS_FRAMES) - 1
            self._index = index + 1
            # Of a file that was cut short a jump ends at the last frame there is.
            self._at_end = grabbed and landed >= index - step / 2
            if not self._at_end:
                self._missed += 1
            elif (still := self._retrieve(self._known / MOST_STILLS)) is not None:
                yield still

    def read_rest(self) -> Iterator[Still]:
        """Yield pictures of what comes after the frames that the header counts, which may be none."""
        kept: list[Still] = []
        first, every = self._index, max(1, self._known // MOST_STILLS)
        while self._at_end and self._index < _MOST_FRAMES and self._advance():
            if (self._index - 1 - first) % every or (still := self._retrieve(1.0)) is None:
                continue
            kept.append(still)
            if len(kept) == 2 * MOST_STILLS:
                kept, every = kept[::2], 2 * every
        chosen = [kept[place] for place in spread(len(kept), MOST_STILLS)]
        yield from (still.over((self._index - first) / len(chosen)) for still in chosen)

    def count(self, tally: Tally) -> None:
        """Write to `tally` how much there was, and how much of it was seen."""
        tally.frames = max(self._known, self._index)
        tally.lost = self._lost
        if not self._places:
            tally.lost += tally.frames - self._index  # those that the header promised
        elif self._missed:
            tally.skipped = f"{self._missed} of {self._places} places in it do not decode"

    def _advance(self) -> bool:
        """Grab the next frame that decodes; whether there was one."""
        for failures in range(MOST_FAILURES):
            if self._capture.grab():
                self._lost += failures
                self._index += failures + 1
                return True
        return False

    def _retrieve(self, frames: float) -> Still | None:
        """Return the frame that was just grabbed, which stands for so many `frames`."""
        seconds = self._clock.tell(self._capture, self._index - 1)
        found, pixels = self._capture.retrieve()
        if not found or pixels is None or not pixels.size:
            self._lost += 1
            return None
        bgr = np.asarray(pixels, np.uint8)
        grey = bgr.ndim == 2 or bgr.shape[2] == 1
        rgb = np.repeat(bgr.reshape(*bgr.shape[:2], 1), 3, axis=2) if grey else bgr[..., 2::-1]
        return Still(seconds=seconds, image=Image.fromarray(np.ascontiguousarray(rgb)), frames=frames)


def open_capture(path: Path) -> "cv2.VideoCapture":
    """Return the open video `path`; `ImageError` where OpenCV does not decode it.

    It is opened under a name that OpenCV takes: plain text, and no pattern for a series of pictures.
    """
    if not path.is_file():
        raise ImageError(f"{path}: no file" if path.exists() else f"{path}: no such file")
    if not path.stat().st_size:
        raise ImageError(f"{path}: the file is empty")
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
