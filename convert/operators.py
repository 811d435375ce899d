"""What the operators of a TFLite graph, read into a `ModelT` of its schema, are and hold."""

from typing import Any

import numpy as np
import numpy.typing as npt


def read_kind(model: Any, op: Any) -> int:
    """Return the `BuiltinOperator` of an operator."""
    code = model.operatorCodes[op.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))  # old files have only the latter


def find_tensor(model: Any, op: Any, place: int) -> Any:
    """Return the tensor that is the input `place` of an operator."""
    return model.subgraphs[0].tensors[op.inputs[place]]


def read_constant(model: Any, op: Any, place: int, kind: type) -> npt.NDArray[Any]:
    """Return what the graph holds of the input `place` of an operator, numbers of `kind`."""
    tensor = find_tensor(model, op, place)
    data = np.asarray(model.buffers[tensor.buffer].data, np.uint8).tobytes()
    return np.frombuffer(data, kind).reshape(tensor.shape)
