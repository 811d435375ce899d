"""Scales that XNNPACK refuses: LiteRT may not be given them."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.modelfile.scale_check import check_scales


def scale(kind: str, source: list[float], weights: list[float], target: list[float]) -> None:
    """Check an operator whose tensors have these scales; none for floats."""
    subgraph, operator = schema.SubGraphT(), schema.OperatorT()
    subgraph.tensors = []
    for scales in (source, weights, target):
        tensor = schema.TensorT()
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array(scales, np.float32) if scales else None
        subgraph.tensors.append(tensor)
    operator.inputs, operator.outputs = [0, 1], [2]
    check_scales(kind, operator, subgraph)


def test_what_can_be_computed_passes() -> None:
    scale("CONV_2D", [1.0], [0.5, 1.0], [1 / 255])
    scale("FULLY_CONNECTED", [1e-9], [1e-9], [100.0])
    scale("FULLY_CONNECTED", [], [0.1], [])  # weights alone in eight bits
    scale("MEAN", [1.0], [1.0], [1e-9])


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_steps_that_are_far_too_fine_are_named(kind: str) -> None:
    with pytest.raises(ValueError, match=f"{kind} gives steps of 3.9e-03, 256 times finer"):
        scale(kind, [0.5], [0.5, 2.0], [1 / 256])
