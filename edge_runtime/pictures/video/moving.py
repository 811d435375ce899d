"""The pictures of a file that holds several over time, whatever its kind."""

from collections.abc import Iterator
from pathlib import Path

from fakelens.edge_runtime.pictures.formats import is_video
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig
from fakelens.edge_runtime.pictures.video.animation import read_animation
from fakelens.edge_runtime.pictures.video.reader import read_video
from fakelens.edge_runtime.pictures.video.still import Still, Tally


def read_moving(source: Path | bytes, config: DecodeConfig) -> Iterator[Still]:
    """Yield the pictures of a video or an animation; `ImageError` as its reader raises it."""
    if isinstance(source, Path) and is_video(source):
        return read_video(source, Tally())
    return read_animation(source, Tally(), config)
