"""The logits of two classes in eight bits, in steps as fine as the answer can show.

The converter gives both logits one step, which spans what they share too, though softmax does not see it. And
where one is the negative of the other, both move at once, their difference by two steps. Between the answers
that are left no threshold can be set.
"""

from typing import Any

import numpy as np
import tf_keras as keras
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.operators import find_tensor, read_constant, read_kind
from fakelens.convert.tflite_metadata.write import write_graph

_LAYER = "logits"
_SPAN = float(np.log(511))  # of the logits' difference: what lies beyond is the last of 256 answers
_LARGEST = 127
_INPUTS = 3  # of a dense layer: what it sees, weights, bias


def center_logits(network: keras.Model) -> None:
    """Make one logit of `network` the negative of the other; softmax answers as before."""
    for layer in network.layers:
        if layer.name == _LAYER and type(layer) is keras.layers.Dense and layer.units == 2:
            layer.set_weights([part - part.mean(axis=-1, keepdims=True) for part in layer.get_weights()])


def refine_logits(graph: bytes) -> bytes:
    """Return the int8 `graph` with finer steps in front of its softmax.

    It stays as it is unless a dense layer with a bias gives two logits of which one is the negative of the
    other. Their step becomes that which spans all answers, if that is finer, but never finer than their sums
    are; and both get a quarter of a step more: then they move in turn, and their difference by one, not two.
    """
    model = schema.ModelT.InitFromPackedBuf(graph, 0)
    dense = _find_dense(model)
    if dense is None:
        return graph
    steps = np.array(find_tensor(model, dense, 1).quantization.scale, np.float64)  # [1] or [2]
    weights = read_constant(model, dense, 1, np.int8) * steps[:, None]
    if np.abs(weights.sum(axis=0)).max() > 2 * steps.max():
        return graph
    logits = model.subgraphs[0].tensors[dense.outputs[0]].quantization
    of_bias = find_tensor(model, dense, 0).quantization.scale[0] * steps
    # Sums move by whole steps of the bias: finer ones show no more, and XNNPACK refuses 256 times finer ones.
    step = min(float(logits.scale[0]), max(_SPAN / 2 / _LARGEST, float(of_bias.max())))
    logits.scale, logits.zeroPoint = np.array([step], np.float32), np.array([0], np.int64)
    bias = read_constant(model, dense, 2, np.int32) + np.rint(step / 4 / of_bias).astype(np.int32)
    model.buffers[find_tensor(model, dense, 2).buffer].data = np.frombuffer(bias.tobytes(), np.uint8)
    return write_graph(model, len(graph))


def _find_dense(model: Any) -> Any:
    """Return the operator that gives two int8 logits to the only softmax; None where there is none."""
    part = model.subgraphs[0]
    softmaxes = [op for op in part.operators if read_kind(model, op) == schema.BuiltinOperator.SOFTMAX]
    if len(softmaxes) != 1:
        return None
    logits = find_tensor(model, softmaxes[0], 0)
    if logits.type != schema.TensorType.INT8 or list(logits.shape) != [1, 2]:
        return None
    for op in part.operators:
        dense = read_kind(model, op) == schema.BuiltinOperator.FULLY_CONNECTED
        if dense and softmaxes[0].inputs[0] in op.outputs and len(op.inputs) == _INPUTS:
            return op if min(op.inputs) >= 0 else None
    return None
