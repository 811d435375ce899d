"""Sizes that numbers in a graph ask for: LiteRT works out shapes anew and takes memory for what comes out."""

import math
from typing import Any

import numpy as np

_MOST_INPUT_BYTES = (
    1 << 26
)  # 4,700 px squared of uint8 in three channels; what is made of it may be four times that
_MOST_PIXELS = 1 << 22
_MOST_VALUES = 1 << 26
_MOST_TIMES = 1 << 12
_MOST_PADDING = 1 << 20
_ASKED = {  # the input that holds the sizes, and the largest product of them
    "RESIZE_BILINEAR": (1, _MOST_PIXELS),
    "RESIZE_NEAREST_NEIGHBOR": (1, _MOST_PIXELS),
    "FILL": (0, _MOST_VALUES),
    "BROADCAST_TO": (1, _MOST_VALUES),
    "TRANSPOSE_CONV": (0, _MOST_VALUES),
    "TILE": (1, _MOST_TIMES),
}
_PADDED = {
    "PAD": 1,
    "PADV2": 1,
    "MIRROR_PAD": 1,
    "SPACE_TO_BATCH_ND": 2,
}  # the input that holds what is added


def check_input_size(place: int, size_bytes: int) -> None:
    """Raise `ValueError` for an input larger than a picture that a classifier takes."""
    if size_bytes > _MOST_INPUT_BYTES:
        raise ValueError(f"input {place} takes {size_bytes} bytes, more than any image classifier needs")


def check_growth(kind: str, operator: Any, subgraph: Any, buffers: list[Any]) -> None:
    """Raise `ValueError` where the constants of an operator ask for more than an image classifier needs."""
    if kind in _ASKED:
        source, most = _ASKED[kind]
        asked = math.prod(max(1, size) for size in _read_constant(operator, source, subgraph, buffers))
    elif kind in _PADDED:
        most = _MOST_PADDING
        sizes = _read_constant(operator, _PADDED[kind], subgraph, buffers)
        asked = math.prod(1 + abs(size) for size in sizes)
    else:
        return
    if asked > most:
        raise ValueError(f"{kind} asks for a size of {asked}, more than any image classifier needs")


def _read_constant(operator: Any, source: int, subgraph: Any, buffers: list[Any]) -> list[int]:
    """Return the numbers of an input; none where it is not there or is worked out while the graph runs."""
    if source >= len(operator.inputs):
        return []
    tensor = subgraph.tensors[operator.inputs[source]]
    data = buffers[tensor.buffer].data
    if data is None or not len(data):
        return []
    size = len(data) // max(1, math.prod(int(side) for side in tensor.shape))
    kind = np.dtype("<i8") if size == np.dtype("<i8").itemsize else np.dtype("<i4")
    return [int(number) for number in np.frombuffer(np.asarray(data, np.uint8).tobytes(), kind)]
