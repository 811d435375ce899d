"""Test sources: a camera that goes wrong on purpose, the same way every time.

`test:KIND?key=value&...`, for trying out a set-up without a camera, and for our own tests.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from fakelens.edge_runtime.errors import CameraError, UsageError
from fakelens.edge_runtime.live.frame import Pixels
from fakelens.edge_runtime.live.source import TEST, Resolution
from fakelens.edge_runtime.live.sources.scenes import Scenes
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.pictures.sources import walk_images

_SCENE_S = 3.0  # that a scene is shown, where no images are given
_REFUSALS = 2  # of random faults: failed attempts to connect after a lost connection, at most
_SHRINK = 2


class Rehearsal(StrEnum):
    """What goes wrong."""

    LOOP = "loop"  # nothing
    STALL = "stall"  # no frame for a while
    DISCONNECT = "disconnect"  # the connection breaks
    RESIZE = "resize"  # frames have another size from now on
    REPEAT = "repeat"  # one frame again and again, without a pause
    FAULTS = "faults"  # any of these, at random by the seed


_FAULTS = tuple(kind for kind in Rehearsal if kind not in (Rehearsal.LOOP, Rehearsal.FAULTS))


@dataclass(frozen=True, kw_only=True)
class RehearsalConfig:
    """What a test source gives."""

    images: Path | None = None  # a folder; without one, the scenes of `scenes`
    width: int = 640  # px, of a scene
    height: int = 480
    fps: float = 30.0
    every: int = 100  # frames from fault to fault; on average where they come at random
    seconds: float = 3.0  # of a stall; at random, up to that
    seed: int = 0
    frames: int = 0  # after which the source ends; 0 for never


_SETTINGS: dict[str, Any] = {
    name: type(default) if isinstance(default, int | float) else Path
    for name, default in asdict(RehearsalConfig()).items()
}


def make_rehearsal(text: str, resolution: Resolution | None = None) -> "RehearsalSource":
    """Return the source for `KIND?key=value&...`; `UsageError` names what is wrong with it."""
    kind, _, query = text.partition("?")
    if kind not in set(Rehearsal):
        raise UsageError(f"{TEST}{text}: no such test source; there are {', '.join(Rehearsal)}")
    config = RehearsalConfig()
    if resolution is not None:
        config = replace(config, width=resolution.width, height=resolution.height)
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _SETTINGS:
            raise UsageError(f"{TEST}{text}: no setting {key!r}; there are {', '.join(_SETTINGS)}")
        try:
            config = replace(config, **{key: _SETTINGS[key](value)})
        except ValueError as error:
            raise UsageError(f"{TEST}{text}: {key} is {value!r}, expected a number") from error
    if min(config.width, config.height, config.fps, config.every) <= 0 or config.seconds < 0:
        raise UsageError(f"{TEST}{text}: width, height, fps and every must be over 0")
    return RehearsalSource(kind=Rehearsal(kind), config=config, name=f"{TEST}{text}")


class RehearsalSource:
    """A live source; where it is in its play outlives its connections."""

    live = True
    remote: bool = False

    def __init__(self, *, kind: Rehearsal, config: RehearsalConfig, name: str) -> None:
        self.name, self.config = name, config
        self.given = 0  # frames, over all connections
        self.faults: Counter[Rehearsal] = Counter()
        self._kind = kind
        self._random = random.Random(config.seed)
        self._lock = threading.Lock()  # a reader that was released during a stall may come back
        self._refusals = 0
        self._played_at = 0
        self._shrunk = False
        self._scenes = Scenes(config.width, config.height, config.seed)
        self._frames_each = max(1, round(_SCENE_S * config.fps))
        self._pictures = [] if config.images is None else list(walk_images(config.images))
        if config.images is not None and not self._pictures:
            raise UsageError(f"{config.images}: no images in this folder")

    def open(self) -> "RehearsalStream":
        """Connect, or refuse to."""
        if self._refusals:
            self._refusals -= 1
            raise CameraError(f"{self.name}: connection refused, as rehearsed")
        return RehearsalStream(self)

    def next_fault(self) -> Rehearsal | None:
        """Return what goes wrong with the frame that is due."""
        with self._lock:
            fault = self._choose_fault()
            if fault is not None:
                self.faults[fault] += 1
                self._played_at = self.given
            self._shrunk ^= fault is Rehearsal.RESIZE
            return fault

    def stall_s(self) -> float:
        """Return how long a stall lasts."""
        at_random = self._kind is Rehearsal.FAULTS
        return self._random.uniform(0, self.config.seconds) if at_random else self.config.seconds

    def next_picture(self) -> Pixels:
        """Return the picture that is due, cut down to half while the size is changed."""
        frame = self.count_frame()
        if self._pictures:
            image = load_image(self._pictures[frame % len(self._pictures)])
            width, height = (max(1, side // _SHRINK) for side in image.size)
            return image.crop((0, 0, width, height)) if self._shrunk else image
        picture = self._scenes.view(*divmod(frame, self._frames_each))
        height, width = (max(1, side // _SHRINK) for side in picture.shape[:2])
        return np.ascontiguousarray(picture[:height, :width]) if self._shrunk else picture

    def count_frame(self) -> int:
        """Count a frame; return how many there were before."""
        with self._lock:
            self.given += 1
            return self.given - 1

    def _choose_fault(self) -> Rehearsal | None:
        if self._kind is Rehearsal.FAULTS:
            if self._random.random() >= 1 / self.config.every:
                return None
            fault = self._random.choice(_FAULTS)
            self._refusals = self._random.randint(0, _REFUSALS) if fault is Rehearsal.DISCONNECT else 0
            return fault
        due = self.given % self.config.every == 0 and self.given != self._played_at
        return self._kind if due and self._kind is not Rehearsal.LOOP else None


class RehearsalStream:
    """One connection to a test source."""

    interval_s = None

    def __init__(self, source: RehearsalSource) -> None:
        self._source = source
        self._due = time.monotonic()
        self._repeated: Pixels | None = None

    def read(self) -> Pixels | None:
        """Return the next frame in its time, or play the fault that is due."""
        source = self._source
        if source.config.frames and source.given >= source.config.frames:
            return None
        if self._repeated is not None:
            source.count_frame()
            return self._repeated
        fault = source.next_fault()
        if fault is Rehearsal.DISCONNECT:
            raise CameraError(f"{source.name}: disconnected, as rehearsed")
        if fault is Rehearsal.STALL:
            time.sleep(source.stall_s())
        self._due = max(self._due + 1 / source.config.fps, time.monotonic() - 1 / source.config.fps)
        time.sleep(max(0.0, self._due - time.monotonic()))
        picture = source.next_picture()
        if fault is Rehearsal.REPEAT:
            self._repeated = picture
        return picture

    def close(self) -> None:
        """Nothing is kept open."""
