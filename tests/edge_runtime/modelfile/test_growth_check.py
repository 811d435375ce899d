"""Sizes asked for by the numbers of a graph; `test_graph_check` has the graph around them."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.modelfile.growth_check import check_growth, check_input_size


def grow(kind: str, sizes: list[int], dtype: str = "<i4", place: int = 1) -> None:
    """Check an operator that reads `sizes` as the input `place`."""
    buffer, tensor, subgraph = schema.BufferT(), schema.TensorT(), schema.SubGraphT()
    buffer.data = np.frombuffer(np.array(sizes, dtype).tobytes(), np.uint8)
    tensor.shape, tensor.buffer = np.array([len(sizes)], np.int32), 1
    picture = schema.TensorT()
    picture.shape, picture.buffer = np.array([1, 8, 8, 3], np.int32), 0
    subgraph.tensors = [picture, tensor]
    operator = schema.OperatorT()
    operator.inputs = [0] * place + [1]
    check_growth(kind, operator, subgraph, [schema.BufferT(), buffer])


def test_what_classifiers_ask_for_passes() -> None:
    grow("RESIZE_BILINEAR", [320, 320])
    grow("PAD", [0, 0, 1, 1, 1, 1, 0, 0])
    grow("PAD", [0, 0, 1, 1, 1, 1, 0, 0], "<i8")
    grow("RESHAPE", [1, 1 << 30])  # what is not there cannot be taken: LiteRT refuses it
    grow("MEAN", [1 << 30])
    check_input_size(0, 4096 * 4096 * 3)


@pytest.mark.parametrize(
    ("kind", "sizes", "place"),
    [
        ("RESIZE_BILINEAR", [1 << 15, 1 << 15], 1),
        ("RESIZE_NEAREST_NEIGHBOR", [8, 1 << 30], 1),
        ("FILL", [1 << 14, 1 << 14], 0),
        ("BROADCAST_TO", [1 << 20, 8, 8, 3], 1),
        ("TRANSPOSE_CONV", [1, 1 << 14, 1 << 14, 3], 0),
        ("TILE", [1 << 20, 1, 1, 1], 1),
        ("PAD", [0, 0, 1 << 12, 1 << 12, 0, 0, 0, 0], 1),
        ("SPACE_TO_BATCH_ND", [0, 1 << 30, 0, 0], 2),
    ],
)
def test_what_asks_for_too_much_is_named(kind: str, sizes: list[int], place: int) -> None:
    with pytest.raises(ValueError, match=f"{kind} asks for a size of [0-9]+, more than"):
        grow(kind, sizes, place=place)


def test_an_input_larger_than_a_picture_is_named() -> None:
    with pytest.raises(ValueError, match="input 3 takes 401080512 bytes"):
        check_input_size(3, 16711688 * 8 * 3)
