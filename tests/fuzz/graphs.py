"""Graphs with damaged structure under a right digest: whoever made them wanted them to be loaded."""

from functools import cache

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WEIGHTS_BYTES = 64  # of a buffer: damage to weights is another answer, no more
_MOST_CHANGES = 3
_IDENTIFIER = slice(4, 8)


def damage_graph(graph: bytes, rng: np.random.Generator) -> bytes:
    """Return `graph` after one to three changes of what is not weights; its length stays."""
    changed = bytearray(graph)
    places = _list_places(graph)
    for _ in range(int(rng.integers(1, _MOST_CHANGES + 1))):
        place = int(places[int(rng.integers(len(places)))])
        if rng.random() < 0.7:
            changed[place] ^= 1 << int(rng.integers(8))
        else:
            width = int(rng.choice([1, 2, 4]))
            value = _EDGES[int(rng.integers(len(_EDGES)))] & ((1 << 8 * width) - 1)
            changed[place : place + width] = value.to_bytes(width, "little")
    changed[_IDENTIFIER] = graph[_IDENTIFIER]  # without it nobody takes it for a graph
    return bytes(changed[: len(graph)])


@cache
def _list_places(graph: bytes) -> np.ndarray:
    """Return the places of all bytes but those of weights."""
    outside = np.ones(len(graph), bool)
    for buffer in schema.ModelT.InitFromPackedBuf(graph).buffers:
        if buffer.data is not None and len(buffer.data) > _WEIGHTS_BYTES:
            start = graph.find(np.asarray(buffer.data).tobytes())
            outside[start : start + len(buffer.data)] = False
    return np.flatnonzero(outside)
