"""An operator from a stranger: LiteRT's code for it trusts that its options and inputs make sense."""

import math
from typing import Any

from fakelens.edge_runtime.errors import ModelError

_MOST_STEP = 1 << 12  # px, of strides, windows, dilations and blocks; parts of a split
_MOST_AXIS = 8
_STEPS = (
    "strideW",
    "strideH",
    "dilationWFactor",
    "dilationHFactor",
    "filterWidth",
    "filterHeight",
    "blockSize",
    "numSplits",
    "valuesCount",
    "num",
)
_AXES = ("axis", "batchDims", "seqDim", "batchDim")
_REALS = ("beta", "alpha", "bias")
_CHOICES = {"padding": 1, "fusedActivationFunction": 5, "mode": 1, "weightsFormat": 0}  # the last of each
_OPTIONS = {  # without them LiteRT takes strides and windows of 0
    "CONV_2D": "Conv2DOptionsT",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptionsT",
    "TRANSPOSE_CONV": "TransposeConvOptionsT",
    "AVERAGE_POOL_2D": "Pool2DOptionsT",
    "MAX_POOL_2D": "Pool2DOptionsT",
    "L2_POOL_2D": "Pool2DOptionsT",
    "FULLY_CONNECTED": "FullyConnectedOptionsT",
    "SOFTMAX": "SoftmaxOptionsT",
    "CONCATENATION": "ConcatenationOptionsT",
    "LOCAL_RESPONSE_NORMALIZATION": "LocalResponseNormalizationOptionsT",
    "SPACE_TO_DEPTH": "SpaceToDepthOptionsT",
    "DEPTH_TO_SPACE": "DepthToSpaceOptionsT",
    "SPLIT": "SplitOptionsT",
    "SPLIT_V": "SplitVOptionsT",
    "PACK": "PackOptionsT",
    "UNPACK": "UnpackOptionsT",
    "STRIDED_SLICE": "StridedSliceOptionsT",
}
_OPTIONAL = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}  # the bias
# fmt: off
_NEEDED = frozenset({
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
    "DEQUANTIZE", "FLOOR", "FULLY_CONNECTED", "L2_NORMALIZATION", "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "MAX_POOL_2D", "MUL", "RELU", "RELU_N1_TO_1", "RELU6",
    "RESHAPE", "RESIZE_BILINEAR", "SOFTMAX", "SPACE_TO_DEPTH", "TANH", "PAD", "GATHER",
    "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE",
    "STRIDED_SLICE", "EXP", "SPLIT", "LOG_SOFTMAX", "CAST", "PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM",
    "LESS", "NEG", "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE", "SIN",
    "TRANSPOSE_CONV", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT", "RSQRT",
    "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR",
    "ONE_HOT", "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY",
    "SQUARE", "ZEROS_LIKE", "FILL", "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU",
    "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS", "SPLIT_V", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND",
    "COS", "RANK", "ELU", "QUANTIZE", "ROUND", "HARD_SWISH", "SELECT_V2", "BATCH_MATMUL", "CUMSUM",
    "BROADCAST_TO", "REDUCE_ALL", "BROADCAST_ARGS", "GELU", "RELU_0_TO_1", "ATAN2", "SIGN"
})
# fmt: on


def check_operator(kind: str, operator: Any) -> None:
    """Raise `ValueError` for options or inputs that cannot be; `ModelError` for what no classifier needs."""
    if kind not in _NEEDED:
        raise ModelError(
            f"the graph has the operator {kind}, which fakelens does not run; convert one without"
        )
    options, wanted = operator.builtinOptions, _OPTIONS.get(kind)
    if wanted is not None and type(options).__name__ != wanted:
        raise ValueError(f"{kind} has no options of its kind")
    inputs = [] if operator.inputs is None else list(operator.inputs)
    if not inputs or operator.outputs is None or not len(operator.outputs):
        raise ValueError(f"{kind} has no input or no output")
    if any(tensor < 0 and place != _OPTIONAL.get(kind) for place, tensor in enumerate(inputs)):
        raise ValueError(f"{kind} lacks an input that it needs")
    for name in _STEPS:
        _demand(kind, name, getattr(options, name, 1), range(1, _MOST_STEP + 1))
    for name in _AXES:
        _demand(kind, name, getattr(options, name, 0), range(-_MOST_AXIS, _MOST_AXIS + 1))
    for name, last in _CHOICES.items():
        _demand(kind, name, getattr(options, name, 0), range(last + 1))
    for name in _REALS:
        if not math.isfinite(getattr(options, name, 0.0)):
            raise ValueError(f"{kind} has a {name} that is no number")
    if getattr(options, "radius", 0) not in range(_MOST_STEP):
        raise ValueError(f"{kind} has radius {options.radius}")


def _demand(kind: str, name: str, value: int, allowed: range) -> None:
    if value not in allowed:
        raise ValueError(f"{kind} has {name} {value}")
