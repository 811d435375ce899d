"""The outcome of one file of a batch: its verdict, or the reason why there is none."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from fakelens.edge_runtime.detection.verdict import Verdict
from fakelens.edge_runtime.pictures.tiles import Region

if TYPE_CHECKING:  # a photo has neither
    from fakelens.edge_runtime.pictures.video.still import Moment, Still


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """One file of a batch: its verdict, or the reason why there is none."""

    path: str
    verdict: Verdict | None = None
    error: str | None = None
    note: str | None = None  # what to know of how the picture was read
    moments: "tuple[Moment, ...]" = ()  # of a video or an animation: P(fake) over time
    stills: "tuple[Still, ...]" = field(default=(), repr=False, compare=False)  # its most suspicious, small
    image: Image.Image | None = field(default=None, repr=False, compare=False)  # decoded, upright, RGB
    grid: tuple[Region, ...] = ()  # a fine overlapping grid over the image, where it was asked for
