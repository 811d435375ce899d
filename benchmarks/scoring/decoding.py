"""Labelled images as a model sees them, decoded in a few threads."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.workers import map_in_order

_DECODERS = min(4, os.cpu_count() or 1)

T = TypeVar("T")


def decode_each(
    images: Sequence[LabelledImage], look: Callable[[Image.Image], T]
) -> Iterator[T | ImageError]:
    """Yield what `look` makes of each image in order, or why there is no image."""
    return map_in_order(lambda image: _decode(image.path, look), images, _DECODERS)


def _decode(path: Path, look: Callable[[Image.Image], T]) -> T | ImageError:
    try:
        image = load_image(path)
    except ImageError as error:
        return error
    return look(image)
