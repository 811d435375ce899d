"""The pictures of a GIF, WebP or APNG, spread over its length."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.machine.quiet import MUTED
from fakelens.edge_runtime.pictures.decode_memory import bound_memory
from fakelens.edge_runtime.pictures.preprocess import (
    DECODER_ERRORS,
    DecodeConfig,
    open_image,
    to_upright_rgb,
)
from fakelens.edge_runtime.pictures.video.still import MOST_STILLS, Still, Tally, spread

_FRAME_PIXELS = 25_000_000  # larger ones are judged by their first picture
_PIXELS = 400_000_000  # of all frames up to the last that is looked at: they are decoded in turn


def read_animation(source: Path | bytes, tally: Tally, config: DecodeConfig) -> Iterator[Still]:
    """Yield up to `MOST_STILLS` pictures of a GIF, WebP or APNG, spread over it; counts go to `tally`.

    Each is decoded as `load_image` decodes the first. Of a very large file only a part is looked at.
    """
    with MUTED, open_image(io.BytesIO(source) if isinstance(source, bytes) else source, config) as image:
        bound_memory(image)
        pixels = image.width * image.height
        most = max(1, _PIXELS // pixels)
        tally.frames = _count_frames(image, most)
        reach = min(tally.frames, most)
        if pixels > _FRAME_PIXELS:
            reach = 1
        if reach < tally.frames:
            tally.skipped = f"the rest after frame {reach} is not looked at, it is too large"
        wanted = set(spread(reach, MOST_STILLS))
        seconds = 0.0
        for index in range(reach):
            try:
                image.seek(index)
                if index in wanted:
                    image.load()
                    frame = image.copy() if reach > 1 else image
                    yield Still(seconds=seconds, image=to_upright_rgb(frame))
            except DECODER_ERRORS:  # frames after a damaged one build on it
                tally.lost = reach - index
                return
            duration_ms = image.info.get("duration", 0)
            seconds += min(max(float(duration_ms or 100), 10.0), 60_000.0) / 1e3


def _count_frames(image: Image.Image, most: int) -> int:
    """Return how many frames there are; of a file that ends in the head of one up to that, or `most`."""
    with suppress(*DECODER_ERRORS):
        return max(1, int(getattr(image, "n_frames", 1)))
    count = 1
    with suppress(*DECODER_ERRORS):
        while count < most:
            image.seek(count)
            count += 1
    return min(count + 1, most)
