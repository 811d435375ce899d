"""Options and inputs of single operators; `test_graph_check` has the graph around them."""

from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.operator_check import check_operator


def make(options: Any = None, inputs: tuple[int, ...] = (0, 1), **values: Any) -> Any:
    operator = schema.OperatorT()
    operator.inputs, operator.outputs, operator.builtinOptions = list(inputs), [2], options
    for name, value in values.items():
        setattr(options, name, value)
    return operator


def test_what_classifiers_have_passes() -> None:
    conv = make(schema.Conv2DOptionsT(), (0, 1, -1), strideW=2, strideH=2)
    check_operator("CONV_2D", conv)  # without a bias
    check_operator("SPACE_TO_DEPTH", make(schema.SpaceToDepthOptionsT(), blockSize=2))
    check_operator("CONCATENATION", make(schema.ConcatenationOptionsT(), axis=-1))
    check_operator("ADD", make())


@pytest.mark.parametrize(
    ("kind", "operator", "reason"),
    [
        ("DEPTH_TO_SPACE", make(schema.DepthToSpaceOptionsT(), blockSize=0), "blockSize 0"),
        ("SPLIT", make(schema.SplitOptionsT(), numSplits=-1), "numSplits -1"),
        ("CONCATENATION", make(schema.ConcatenationOptionsT(), axis=1 << 30), "axis 1073741824"),
        ("MIRROR_PAD", make(schema.MirrorPadOptionsT(), mode=9), "mode 9"),
        ("LEAKY_RELU", make(schema.LeakyReluOptionsT(), alpha=float("inf")), "alpha that is no number"),
        ("CONV_2D", make(), "no options of its kind"),
        ("ADD", make(inputs=(0, -1)), "lacks an input"),
        ("CONV_2D", make(schema.Conv2DOptionsT(), (0, -1, 2)), "lacks an input"),
        ("SOFTMAX", make(schema.SoftmaxOptionsT(), ()), "no input"),
        (
            "LOCAL_RESPONSE_NORMALIZATION",
            make(schema.LocalResponseNormalizationOptionsT(), radius=-1),
            "radius -1",
        ),
    ],
)
def test_what_cannot_be_is_named(kind: str, operator: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"{kind} .*{reason}"):
        check_operator(kind, operator)


@pytest.mark.parametrize("kind", ["CUSTOM", "IF", "CALL_ONCE", "LSTM", "VAR_HANDLE", "STABLEHLO_CASE"])
def test_what_no_classifier_needs_is_named(kind: str) -> None:
    with pytest.raises(ModelError, match=f"the graph has the operator {kind}, which fakelens does not run"):
        check_operator(kind, make())
