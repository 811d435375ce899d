"""A graph from a stranger, looked through before LiteRT gets it: LiteRT trusts what it is not told to doubt.

A right digest says that a file is as it was sealed, not that it was sealed by an honest hand.
"""

import math
import struct
from collections.abc import Iterable
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.growth_check import check_growth, check_input_size
from fakelens.edge_runtime.modelfile.operator_check import check_operator
from fakelens.edge_runtime.modelfile.scale_check import check_scales

_MOST_TENSOR_BYTES = 1 << 29
_MOST_RANK = 8
_SIZES = {  # of a value by the schema's types; others are not read by value here
    "FLOAT32": 4,
    "FLOAT16": 2,
    "INT32": 4,
    "UINT8": 1,
    "INT64": 8,
    "BOOL": 1,
    "INT16": 2,
    "INT8": 1,
    "FLOAT64": 8,
    "UINT64": 8,
    "UINT32": 4,
    "UINT16": 2,
}
_ZERO_POINTS = {  # of stored integers, those that their type can hold; wider types have none but 0
    "UINT8": range(256),
    "INT8": range(-128, 128),
    "INT16": range(1),
    "INT32": range(1),
    "INT64": range(1),
}
_LEAST_SCALE = 1e-37  # smaller ones are denormal: what is divided by them is infinite
_ERRORS = (
    struct.error,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    MemoryError,
)


def check_graph(graph: bytes, remedy: str = "fetch or convert the model again") -> None:
    """Raise `ModelError` with `remedy` unless tensors, buffers and operators of `graph` fit together."""
    try:
        model = schema.ModelT.InitFromPackedBuf(graph)
        types = {code: name for name, code in vars(schema.TensorType).items() if name in _SIZES}
        names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
        kinds = [names[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes]
        for subgraph in model.subgraphs:
            _check_tensors(subgraph.tensors, model.buffers, types)
            _check_flow(subgraph, model.buffers)
            for place in _list(subgraph.inputs):
                check_input_size(place, _count_bytes(subgraph.tensors[place], types))
            for operator in subgraph.operators:
                kind = kinds[_demand(operator.opcodeIndex, len(kinds), "operator code")]
                check_operator(kind, operator)
                check_growth(kind, operator, subgraph, model.buffers)
                check_scales(kind, operator, subgraph)
    except _ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(f"the graph is damaged ({reason}); {remedy}") from error


def _demand(place: int, count: int, what: str) -> int:
    if not 0 <= place < count:
        raise ValueError(f"{what} {place} of {count}")
    return int(place)


def _list(values: Iterable[Any] | None) -> list[int]:
    return [] if values is None else [int(value) for value in values]


def _count_bytes(tensor: Any, types: dict[int, str]) -> int:
    return math.prod(_list(tensor.shape)) * _SIZES[types[tensor.type]]


def _check_tensors(tensors: list[Any], buffers: list[Any], types: dict[int, str]) -> None:
    """Shapes fit the bytes that are there, and quantization fits the shapes."""
    for place, tensor in enumerate(tensors):
        shape = _list(tensor.shape)
        if len(shape) > _MOST_RANK or any(side < 0 for side in shape):
            raise ValueError(f"tensor {place} has the shape {shape[: _MOST_RANK + 1]}")
        if tensor.type not in types:
            raise ValueError(f"tensor {place} is of type {tensor.type}, which no image classifier needs")
        size_bytes = _count_bytes(tensor, types)
        data = buffers[_demand(tensor.buffer, len(buffers), "buffer")].data
        if size_bytes > _MOST_TENSOR_BYTES or (data is not None and len(data) not in (0, size_bytes)):
            there = "none" if data is None else len(data)
            raise ValueError(f"tensor {place} takes {size_bytes} bytes, {there} are there")
        if tensor.isVariable or tensor.sparsity is not None:
            raise ValueError(f"tensor {place} is variable or sparse, which no image classifier needs")
        _check_quantization(place, tensor.quantization, shape)
        _check_numbers(place, tensor.quantization, types[tensor.type])


def _check_quantization(place: int, found: Any, shape: list[int]) -> None:
    if found is None:
        return
    scales = 0 if found.scale is None else len(found.scale)
    zeros = 0 if found.zeroPoint is None else len(found.zeroPoint)
    if found.detailsType or (scales and zeros not in (0, scales)):
        raise ValueError(f"tensor {place} has {scales} scales and {zeros} zero points")
    if scales > 1 and (
        not 0 <= found.quantizedDimension < len(shape) or scales != shape[found.quantizedDimension]
    ):
        raise ValueError(f"tensor {place} has {scales} scales for the shape {shape}")


def _check_numbers(place: int, found: Any, kind: str) -> None:
    """Scales and zero points are such as numbers of this type are stored by: kernels take them on trust."""
    if found is None or found.scale is None:
        return
    if not all(math.isfinite(scale) and (scale == 0 or scale >= _LEAST_SCALE) for scale in found.scale):
        raise ValueError(f"tensor {place} has a scale that is no number")
    if kind not in _ZERO_POINTS:  # floats, whose quantization nobody reads
        return
    for zero_point in _list(found.zeroPoint):
        if zero_point not in _ZERO_POINTS[kind]:
            raise ValueError(f"tensor {place} has the zero point {zero_point}, which no {kind.lower()} is")
    if len(found.scale) == 1 and found.scale[0] == 0 and kind in ("UINT8", "INT8", "INT16"):
        raise ValueError(f"tensor {place} has the scale 0")


def _check_flow(subgraph: Any, buffers: list[Any]) -> None:
    """Each tensor is written once, before it is read, and no constant is written."""
    count = len(subgraph.tensors)
    constant = {
        place
        for place, tensor in enumerate(subgraph.tensors)
        if buffers[tensor.buffer].data is not None and len(buffers[tensor.buffer].data)
    }
    there = set(constant)
    for place in _list(subgraph.inputs):
        there.add(_demand(place, count, "input"))
    if there & constant & set(_list(subgraph.inputs)):
        raise ValueError("an input is a constant")
    for operator in subgraph.operators:
        for place in _list(operator.inputs):
            if place != -1 and _demand(place, count, "tensor") not in there:
                raise ValueError(f"tensor {place} is read before it is there")
        for place in _list(operator.outputs):
            if _demand(place, count, "tensor") in there:
                raise ValueError(f"tensor {place} is written twice")
            there.add(place)
        if operator.intermediates is not None and len(operator.intermediates):
            raise ValueError("an operator has intermediate tensors, which no image classifier needs")
    for place in _list(subgraph.outputs):
        if _demand(place, count, "output") not in there:
            raise ValueError(f"output {place} is never written")
