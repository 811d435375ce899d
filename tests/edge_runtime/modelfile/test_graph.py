"""A graph's contents are read without running it, and what is no graph is refused."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.graph import measure_sparsity, read_graph
from fakelens.edge_runtime.modelfile.interpreter import Interpreter

OP, KIND = schema.BuiltinOperator, schema.TensorType


def make_tensor(
    name: str,
    shape: list[int],
    kind: int,
    *,
    buffer: int = 0,
    scale: tuple[float, int] | None = None,
    signature: list[int] | None = None,
) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    tensor.shapeSignature = signature
    if scale is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale[0]], [scale[1]]
    return tensor


def make_graph(
    tensors: list[Any], ops: list[Any], *, outputs: Sequence[int] = (), weights: bytes = b""
) -> bytes:
    """A flatbuffer from tensors and (code, inputs, outputs); the first tensor goes in, the last out."""
    subgraph = schema.SubGraphT()
    subgraph.tensors, subgraph.inputs = tensors, [0]
    subgraph.outputs = list(outputs) or [len(tensors) - 1]
    subgraph.operators = []
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [subgraph], []
    for index, (code, inputs, results) in enumerate(ops):
        operator, entry = schema.OperatorT(), schema.OperatorCodeT()
        operator.opcodeIndex, operator.inputs, operator.outputs = index, inputs, results
        entry.builtinCode = code
        entry.deprecatedBuiltinCode, entry.version = min(code, 127), 1
        if code == OP.CAST:
            operator.builtinOptionsType = schema.BuiltinOptions.CastOptions
            operator.builtinOptions = schema.CastOptionsT()
            operator.builtinOptions.inDataType, operator.builtinOptions.outDataType = KIND.UINT8, KIND.FLOAT32
        model.operatorCodes.append(entry)
        subgraph.operators.append(operator)
    model.buffers = [schema.BufferT(), schema.BufferT()]
    model.buffers[1].data = np.frombuffer(weights, np.uint8) if weights else None
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def make_float_graph() -> bytes:
    weights = np.ones((2, 12), np.float32).tobytes()
    return make_graph(
        [
            make_tensor("image", [1, 2, 2, 3], KIND.UINT8),
            make_tensor("cast", [1, 2, 2, 3], KIND.FLOAT32),
            make_tensor("weights", [2, 12], KIND.FLOAT32, buffer=1),
            make_tensor("p", [1, 2], KIND.FLOAT32),
        ],
        [(OP.CAST, [0], [1]), (OP.FULLY_CONNECTED, [1, 2, -1], [3])],
        weights=weights,
    )


def test_a_float_graph_is_described_and_is_one_that_runs() -> None:
    graph = make_float_graph()
    found = read_graph(graph)
    assert (found.input.name, found.input.type, found.input.shape) == ("image", "uint8", (1, 2, 2, 3))
    assert (found.output.type, found.output.shape) == ("float32", (1, 2))
    assert found.input.scale is None
    assert dict(found.ops) == {"CAST": 1, "FULLY_CONNECTED": 1}
    assert found.float_ops == ("CAST", "FULLY_CONNECTED")
    assert found.constants == (("float32", 24),)
    assert Interpreter(graph).input_type == "uint8"


def test_quantization_and_repeated_ops_are_counted() -> None:
    tensors = [make_tensor(f"t{i}", [1, 2], KIND.UINT8, scale=(0.5, 3)) for i in range(4)]
    ops = [(OP.LOGISTIC, [0], [1]), (OP.RELU, [1], [2]), (OP.RELU, [2], [3])]
    found = read_graph(make_graph(tensors, ops))
    assert (found.input.scale, found.input.zero_point) == (0.5, 3)
    assert sum(count for name, count in found.ops if name == "RELU") == 2
    assert found.float_ops == ()
    assert found.constants == ()


def test_floats_are_border_conversions_only_at_the_border() -> None:
    border = [
        make_tensor("a", [1, 2], KIND.FLOAT32),
        make_tensor("b", [1, 2], KIND.INT8, scale=(1.0, -128)),
        make_tensor("c", [1, 2], KIND.INT8, scale=(1.0, -128)),
        make_tensor("d", [1, 2], KIND.FLOAT32),
    ]
    ops = [(OP.QUANTIZE, [0], [1]), (OP.RELU, [1], [2]), (OP.DEQUANTIZE, [2], [3])]
    assert read_graph(make_graph(border, ops)).float_ops == ()
    inside = [*border, make_tensor("e", [1, 2], KIND.INT8, scale=(1.0, -128))]
    again = [*ops, (OP.QUANTIZE, [3], [4])]
    assert read_graph(make_graph(inside, again)).float_ops == ("DEQUANTIZE", "QUANTIZE")


def test_a_resizable_batch_is_told() -> None:
    tensors = [
        make_tensor("a", [1, 2], KIND.FLOAT32, signature=[-1, 2]),
        make_tensor("b", [1, 2], KIND.FLOAT32, signature=[-1, 2]),
    ]
    assert not read_graph(make_graph(tensors, [(OP.RELU, [0], [1])])).input.fixed_shape


def test_more_than_one_output_is_no_classifier() -> None:
    tensors = [make_tensor(name, [1, 2], KIND.FLOAT32) for name in "abc"]
    graph = make_graph(tensors, [(OP.RELU, [0], [1])], outputs=(1, 2))
    with pytest.raises(ModelError, match="2 outputs"):
        read_graph(graph)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"not a model at all, just text"])
def test_what_is_no_tflite_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="not a TFLite file"):
        read_graph(content)


@pytest.mark.parametrize("kept", [20, 60, 200, 400])
def test_a_truncated_graph_is_refused(kept: int) -> None:
    with pytest.raises(ModelError):
        read_graph(make_float_graph()[:kept])


@pytest.mark.parametrize("kind", ["FLOAT16", "INT8"])
def test_zeros_of_kernels_are_counted_behind_a_dequantization_too(kind: str) -> None:
    kernel = np.array([0, 0, 0, 1, 2, 3, 4, -5], np.float16 if kind == "FLOAT16" else np.int8)
    tensors = [
        make_tensor("x", [1, 4], KIND.FLOAT32),
        make_tensor("kernel", [2, 4], getattr(KIND, kind), buffer=1),
        make_tensor("wide", [2, 4], KIND.FLOAT32),
        make_tensor("p", [1, 2], KIND.FLOAT32),
    ]
    ops = [(OP.DEQUANTIZE, [1], [2]), (OP.FULLY_CONNECTED, [0, 2, -1], [3])]
    assert measure_sparsity(make_graph(tensors, ops, weights=kernel.tobytes())) == 3 / 8


def test_a_graph_without_kernels_has_no_zeros() -> None:
    tensors = [make_tensor(name, [1, 2], KIND.FLOAT32) for name in "ab"]
    assert measure_sparsity(make_graph(tensors, [(OP.RELU, [0], [1])])) == 0
    with pytest.raises(ModelError, match="not a TFLite file"):
        measure_sparsity(b"not a model at all, just text")
