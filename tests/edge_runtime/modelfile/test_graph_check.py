"""A graph whose parts do not fit together is refused before LiteRT sees it, whatever its digest says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from fakelens.edge_runtime.modelfile.graph_check import check_graph
from fakelens.edge_runtime.modelfile.library import find_model, list_models

GRAPH = read_model(find_model("cifake-quick")).graph
Change = Callable[[Any], None]


def pack(change: Change) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(GRAPH)
    change(model)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def find_operator(model: Any, option: str) -> Any:
    return next(each for each in model.subgraphs[0].operators if hasattr(each.builtinOptions, option))


def set_stride(model: Any) -> None:
    find_operator(model, "strideW").builtinOptions.strideW = 0


def set_activation(model: Any) -> None:
    find_operator(model, "fusedActivationFunction").builtinOptions.fusedActivationFunction = 77


def set_buffer(model: Any) -> None:
    model.subgraphs[0].tensors[0].buffer = 4000


def set_shape(model: Any) -> None:
    kernel = int(find_operator(model, "strideW").inputs[1])
    weights = model.subgraphs[0].tensors[kernel]
    weights.shape = np.array([7, *weights.shape[1:]], np.int32)


def set_scales(model: Any) -> None:
    many = next(
        tensor
        for tensor in model.subgraphs[0].tensors
        if tensor.quantization is not None
        and tensor.quantization.scale is not None
        and len(tensor.quantization.scale) > 1
    )
    many.quantization.scale = many.quantization.scale[:-1]


def set_input(model: Any) -> None:
    operator = model.subgraphs[0].operators[1]
    operator.inputs = [900, *operator.inputs[1:]]


def read_ahead(model: Any) -> None:
    operators = model.subgraphs[0].operators
    operators[1].inputs = [*operators[-1].outputs, *operators[1].inputs[1:]]


def write_weights(model: Any) -> None:
    operator = find_operator(model, "strideW")
    operator.outputs = [operator.inputs[1]]


def set_code(model: Any) -> None:
    model.subgraphs[0].operators[0].opcodeIndex = 99


def find_quantized(model: Any, kind: int) -> Any:
    return next(
        tensor.quantization
        for tensor in model.subgraphs[0].tensors
        if tensor.type == kind and tensor.quantization is not None and tensor.quantization.scale is not None
    )


def set_zero_point(model: Any) -> None:  # LiteRT ends with a segmentation fault
    activations = model.subgraphs[0].tensors[int(model.subgraphs[0].operators[0].outputs[0])]
    activations.quantization.zeroPoint = np.array([-128 ^ 0x4000], np.int64)


def set_zero_point_of_bias(model: Any) -> None:
    bias = find_quantized(model, schema.TensorType.INT32)
    bias.zeroPoint = np.full(len(bias.scale), 5, np.int64)


def set_no_scale(model: Any) -> None:
    activations = model.subgraphs[0].tensors[int(model.subgraphs[0].operators[0].outputs[0])]
    activations.quantization.scale = np.zeros(1, np.float32)


def set_denormal_scale(model: Any) -> None:
    weights = find_quantized(model, schema.TensorType.INT8)
    weights.scale = np.full(len(weights.scale), 1e-42, np.float32)


def leave_out_input(model: Any) -> None:
    operator = find_operator(model, "filterWidth")
    operator.inputs = [-1]


def leave_out_options(model: Any) -> None:
    operator = find_operator(model, "filterWidth")
    operator.builtinOptions, operator.builtinOptionsType = None, 0


def set_other_options(model: Any) -> None:
    operator = find_operator(model, "filterWidth")
    operator.builtinOptions = schema.SoftmaxOptionsT()
    operator.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions


def set_beta(model: Any) -> None:
    find_operator(model, "beta").builtinOptions.beta = float("nan")


def set_format(model: Any) -> None:
    find_operator(model, "weightsFormat").builtinOptions.weightsFormat = 1


def set_kind(model: Any) -> None:
    for code in model.operatorCodes:
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.WHILE


def enlarge_input(model: Any) -> None:  # LiteRT works out the shapes behind it, and takes the memory
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = np.array([1, 16711688, 8, 3], np.int32)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (enlarge_input, "input [0-9]+ takes 401080512 bytes"),
        (set_zero_point, "zero point -16512, which no int8 is"),
        (set_zero_point_of_bias, "zero point 5, which no int32 is"),
        (set_no_scale, "the scale 0"),
        (set_denormal_scale, "a scale that is no number"),
        (leave_out_input, "lacks an input"),
        (leave_out_options, "no options of its kind"),
        (set_other_options, "no options of its kind"),
        (set_beta, "beta that is no number"),
        (set_format, "weightsFormat 1"),
        (set_stride, "strideW 0"),
        (set_activation, "fusedActivationFunction 77"),
        (set_buffer, "buffer 4000"),
        (set_shape, "bytes"),
        (set_scales, "scales"),
        (set_input, "tensor 900"),
        (read_ahead, "read before it is there"),
        (write_weights, "written twice"),
        (set_code, "operator code 99"),
    ],
)
def test_what_does_not_fit_is_named(change: Change, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "sealed.tflite"
    path.write_bytes(pack_model(pack(change), read_model(find_model("cifake-quick")).contract))
    with pytest.raises(ModelError, match=f"sealed.tflite: the graph is damaged .*{reason}.*") as caught:
        read_model(path)
    assert "\n" not in str(caught.value)


def test_an_operator_that_no_classifier_needs_is_named() -> None:
    with pytest.raises(ModelError, match="the graph has the operator WHILE, which fakelens does not run"):
        check_graph(pack(set_kind))


def test_intact_graphs_pass(brightness_graph: bytes) -> None:
    check_graph(brightness_graph)
    check_graph(pack(id))
    for name in list_models():
        model = read_model(find_model(name))
        check_graph(model.graph)
        check_graph(model.views_graph)


@pytest.mark.parametrize("length", [16, 100, 5000])
def test_a_part_of_a_graph_is_damaged(length: int) -> None:
    with pytest.raises(ModelError, match="the graph is damaged"):
        check_graph(GRAPH[:length])
