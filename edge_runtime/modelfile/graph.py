"""Operators and tensors of a TFLite graph, read from its flatbuffer without running it."""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import check_identifier

_OP_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_TYPE_NAMES = {code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
_FLOAT_TYPES = frozenset({"float16", "float32", "float64", "bfloat16"})
_KERNEL_OPS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
_KERNEL_TYPES: dict[str, type[np.generic]] = {"float16": np.float16, "float32": np.float32, "int8": np.int8}


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """A tensor at the border of the graph."""

    name: str
    shape: tuple[int, ...]
    fixed_shape: bool  # False where a dimension may be resized, which LiteRT.js rejects
    type: str  # uint8, int8, float32, ...
    scale: float | None = None  # of per-tensor quantization: real = (stored - zero_point) * scale
    zero_point: int | None = None


@dataclass(frozen=True, kw_only=True)
class GraphSummary:
    """The contents of a graph with one input and one output."""

    input: TensorInfo
    output: TensorInfo
    ops: tuple[tuple[str, int], ...]  # name and count, the most frequent first
    float_ops: tuple[str, ...]  # that read or write floats, but for conversions of the input or output
    constants: tuple[tuple[str, int], ...]  # type and number of stored values (weights, biases, shapes)


@dataclass(frozen=True, kw_only=True)
class _Op:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(graph: bytes) -> GraphSummary:
    """Return what `graph` consists of; `ModelError` where it is not a graph of one image classifier."""
    return read_graphs(graph, 1)[0]


def read_graphs(graph: bytes, views: int) -> tuple[GraphSummary, ...]:
    """Return what each of the `views` of `graph` consists of; `ModelError` where it has not so many."""
    check_identifier(graph, "the graph")
    try:
        model = schema.ModelT.InitFromPackedBuf(graph)
        if len(model.subgraphs) != views:
            raise ModelError(f"the graph has {len(model.subgraphs)} subgraphs, expected {views}")
        return tuple(_summarize(model, subgraph) for subgraph in model.subgraphs)
    except (struct.error, IndexError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the graph is damaged ({error}); fetch or convert the model again") from error


def measure_sparsity(graph: bytes) -> float:
    """Return the share of zeros among the kernels' stored weights, 0 to 1; `ModelError` as `read_graph`.

    Kernels are what convolutions and dense layers read as weights; quantized symmetrically, zero is 0.
    """
    read_graph(graph)
    model = schema.ModelT.InitFromPackedBuf(graph)
    subgraph = model.subgraphs[0]
    ops = list(_read_ops(model.operatorCodes, subgraph.operators))
    widened = {op.outputs[0]: op.inputs[0] for op in ops if op.name == "DEQUANTIZE"}  # float16 kernels
    kernels = {widened.get(op.inputs[1], op.inputs[1]) for op in ops if op.name in _KERNEL_OPS}
    zeros = weights = 0
    for tensor in (subgraph.tensors[kernel] for kernel in kernels):
        data, kind = model.buffers[tensor.buffer].data, _KERNEL_TYPES.get(_TYPE_NAMES[tensor.type])
        if data is not None and kind is not None:
            values = np.frombuffer(bytes(data), kind)
            weights += values.size
            zeros += int(np.sum(values == 0))
    return zeros / weights if weights else 0.0


def _summarize(model: Any, subgraph: Any) -> GraphSummary:
    if len(subgraph.inputs) != 1 or len(subgraph.outputs) != 1:
        raise ModelError(
            f"the graph has {len(subgraph.inputs)} inputs and {len(subgraph.outputs)} outputs, "
            "expected one of each"
        )
    types = [_TYPE_NAMES[tensor.type] for tensor in subgraph.tensors]
    source, target = int(subgraph.inputs[0]), int(subgraph.outputs[0])
    ops = list(_read_ops(model.operatorCodes, subgraph.operators))
    float_ops = {
        op.name
        for op in ops
        if any(types[tensor] in _FLOAT_TYPES for tensor in (*op.inputs, *op.outputs))
        and not (op.name == "QUANTIZE" and op.inputs == (source,))
        and not (op.name == "DEQUANTIZE" and op.outputs == (target,))
    }
    constants: Counter[str] = Counter()
    for tensor, kind in zip(subgraph.tensors, types, strict=True):
        if model.buffers[tensor.buffer].data is not None:
            constants[kind] += _count_values(tensor.shape)
    return GraphSummary(
        input=_describe(subgraph.tensors[source]),
        output=_describe(subgraph.tensors[target]),
        ops=tuple(Counter(op.name for op in ops).most_common()),
        float_ops=tuple(sorted(float_ops)),
        constants=tuple(constants.most_common()),
    )


def _read_ops(codes: list[Any], operators: list[Any]) -> Iterator[_Op]:
    for operator in operators:
        code = codes[operator.opcodeIndex]
        name = _OP_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]  # old files have only the latter
        yield _Op(
            name=name,
            inputs=tuple(int(tensor) for tensor in operator.inputs if tensor >= 0),  # -1: left out
            outputs=tuple(int(tensor) for tensor in operator.outputs),
        )


def _describe(tensor: Any) -> TensorInfo:
    signature = tensor.shapeSignature
    quantization = tensor.quantization
    quantized = quantization is not None and quantization.scale is not None and len(quantization.scale) == 1
    return TensorInfo(
        name=tensor.name.decode(),
        shape=tuple(int(side) for side in tensor.shape),
        fixed_shape=signature is None or all(side >= 0 for side in signature),
        type=_TYPE_NAMES[tensor.type],
        scale=float(quantization.scale[0]) if quantized else None,
        zero_point=int(quantization.zeroPoint[0]) if quantized else None,
    )


def _count_values(shape: Any) -> int:
    count = 1
    for side in () if shape is None else shape:
        count *= int(side)
    return count
