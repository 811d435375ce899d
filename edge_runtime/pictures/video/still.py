"""Choice of the frames that are checked in a video or an animation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

MOST_STILLS = 32  # that are checked of one file
REMEDY = "where players show it, save it as an MP4 with H.264 first"


@dataclass(frozen=True, kw_only=True)
class Still:
    """One picture of a video: upright, RGB."""

    seconds: float  # from the beginning
    image: Image.Image
    frames: float = 1.0  # that it stands for

    def over(self, frames: float) -> "Still":
        """Return this picture standing for so many `frames`."""
        return replace(self, frames=frames)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What the model says of one picture of a video."""

    seconds: float
    p_fake: float


@dataclass(kw_only=True)
class Tally:
    """How a file was read; it grows while stills are taken."""

    frames: int = 0  # that the file has, as far as it says so truly
    lost: int = 0  # that do not decode
    skipped: str | None = None  # why a part was not looked at


def spread(count: int, most: int) -> Iterator[int]:
    """Yield up to `most` of the numbers below `count`, evenly, with the first and the last."""
    if count <= most:
        yield from range(count)
        return
    yield from (step * (count - 1) // (most - 1) for step in range(most))
