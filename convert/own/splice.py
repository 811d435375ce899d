"""Operators before and after a TFLite graph: raw RGB in, the probabilities of real and fake out.

What is in between keeps its numbers. Written into the flatbuffer itself, for a foreign file brings no network
that a converter could read.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.own.reading import Reading
from fakelens.convert.own.scaling import Floats, describe_scaling
from fakelens.convert.recipes import Io
from fakelens.convert.tflite_metadata.write import write_graph
from fakelens.edge_runtime.errors import ModelError

_SIGNATURE = b"serving_default"
_TYPES = {np.uint8: schema.TensorType.UINT8, np.float32: schema.TensorType.FLOAT32}


@dataclass(frozen=True, kw_only=True)
class Side:
    """A tensor at the border of a graph."""

    shape: tuple[int, ...]
    any_size: bool = False  # whether a side may be of any length, beside the batch
    type: int  # of the schema
    scale: float = 0.0  # real = (stored - zero_point) * scale; 0 where it is not quantized
    zero_point: int = 0


def read_sides(graph: bytes) -> tuple[list[Side], list[Side]]:
    """Return the inputs and outputs of a foreign graph; `ModelError` where it cannot be read."""
    model = _read(graph)
    if len(model.subgraphs) != 1:
        raise ModelError(f"the graph has {len(model.subgraphs)} subgraphs, only one can be wrapped")
    subgraph = model.subgraphs[0]
    return tuple(
        [_describe(subgraph.tensors[int(t)]) for t in side] for side in (subgraph.inputs, subgraph.outputs)
    )  # type: ignore[return-value]


def splice(graph: bytes, reading: Reading, io: Io) -> bytes:
    """Return `graph` with operators around it that take raw RGB [1, size, size, 3] and give [real, fake]."""
    model = _read(graph)
    spliced = _Splicer(model)
    inner, outer = int(spliced.subgraph.inputs[0]), int(spliced.subgraph.outputs[0])
    spliced.prepend(inner, reading, io)
    spliced.append(outer, reading)
    spliced.fix_batch()
    spliced.name_sides()
    return write_graph(model, len(graph))


def _read(graph: bytes) -> Any:
    try:
        return schema.ModelT.InitFromPackedBuf(graph)
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise ModelError(f"the graph is damaged ({error}); fetch or convert it again") from error


def _describe(tensor: Any) -> Side:
    quantization = tensor.quantization
    known = quantization is not None and quantization.scale is not None and len(quantization.scale) == 1
    return Side(
        shape=tuple(int(side) for side in tensor.shape),
        any_size=tensor.shapeSignature is not None and any(side < 0 for side in tensor.shapeSignature[1:]),
        type=int(tensor.type),
        scale=float(quantization.scale[0]) if known else 0.0,
        zero_point=int(quantization.zeroPoint[0]) if known else 0,
    )


class _Splicer:
    """Adds tensors and operators to the one subgraph of a model."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.subgraph = model.subgraphs[0]
        self._before: list[Any] = []
        self._after: list[Any] = []

    def prepend(self, inner: int, reading: Reading, io: Io) -> None:
        """Let bytes come in, scaled and quantized as the tensor `inner` wants them."""
        target = self.subgraph.tensors[inner]
        shape = [1, *(int(side) for side in target.shape[1:])]
        kind = schema.TensorType.UINT8 if io is Io.UINT8 else schema.TensorType.FLOAT32
        image = self._add_tensor("image", shape, kind)
        current = image
        if io is Io.UINT8:
            current = self._add_tensor("image_float", shape, schema.TensorType.FLOAT32)
            self._before.append(self._make("CAST", [image], [current]))
        scaled = inner if target.type == schema.TensorType.FLOAT32 else None
        if scaled is None:
            scaled = self._add_tensor("image_scaled", shape, schema.TensorType.FLOAT32)
        affine = describe_scaling(reading.scaling)
        kernel = self._add_constant("scaling", affine.kernel.T.reshape(3, 1, 1, 3))
        bias = self._add_constant("scaling_bias", affine.bias)
        self._before.append(self._make("CONV_2D", [current, kernel, bias], [scaled]))
        if scaled != inner:
            self._before.append(self._make("QUANTIZE", [scaled], [inner]))
        self.subgraph.inputs = [image]

    def append(self, outer: int, reading: Reading) -> None:
        """Let what the tensor `outer` holds go out as the probabilities of real and fake."""
        current = outer
        if self.subgraph.tensors[outer].type != schema.TensorType.FLOAT32:
            current = self._add_float("answer", reading.outputs)
            self._after.append(self._make("DEQUANTIZE", [outer], [current]))
        if reading.logits:
            shares = self._add_float("shares", reading.outputs)
            self._after.append(
                self._make("LOGISTIC" if reading.outputs == 1 else "SOFTMAX", [current], [shares])
            )
            current = shares
        if reading.outputs == 2 and reading.fake_last and current != outer:
            self.subgraph.outputs = [current]
            return
        probability = self._add_float("probability", 2)
        kernel, bias = _pair_up(reading)
        inputs = [current, self._add_constant("order", kernel), self._add_constant("order_bias", bias)]
        self._after.append(self._make("FULLY_CONNECTED", inputs, [probability]))
        self.subgraph.outputs = [probability]

    def fix_batch(self) -> None:
        """Finish the operators, with a batch of one everywhere, which LiteRT.js asks for."""
        self.subgraph.operators = [*self._before, *self.subgraph.operators, *self._after]
        for tensor in self.subgraph.tensors:
            tensor.shapeSignature = None

    def name_sides(self) -> None:
        """Leave one signature, of the new input and output."""
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = _SIGNATURE, 0
        signature.inputs = [_map_tensor(b"image", self.subgraph.inputs[0])]
        signature.outputs = [_map_tensor(b"probability", self.subgraph.outputs[0])]
        self.model.signatureDefs = [signature]

    def _add_float(self, name: str, width: int) -> int:
        return self._add_tensor(name, [1, width], schema.TensorType.FLOAT32)

    def _add_tensor(self, name: str, shape: list[int], kind: int, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = f"fakelens/{name}".encode(), np.array(shape, np.int32), kind
        tensor.buffer = buffer
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def _add_constant(self, name: str, values: Floats) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values, np.float32).tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return self._add_tensor(
            name, list(values.shape), schema.TensorType.FLOAT32, len(self.model.buffers) - 1
        )

    def _make(self, op: str, inputs: list[int], outputs: list[int]) -> Any:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._find_code(getattr(schema.BuiltinOperator, op))
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        options = _OPTIONS.get(op)
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options.__name__.removesuffix("T"))
            operator.builtinOptions = options()
            if op == "CONV_2D":
                operator.builtinOptions.padding = schema.Padding.VALID
                operator.builtinOptions.strideW = operator.builtinOptions.strideH = 1
            if op == "SOFTMAX":
                operator.builtinOptions.beta = 1.0
        return operator

    def _find_code(self, builtin: int) -> int:
        for number, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
                return number
        code = schema.OperatorCodeT()
        code.builtinCode = builtin
        code.deprecatedBuiltinCode = min(builtin, 127)  # what readers of old files look at
        code.version = 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1


_OPTIONS = {
    "CAST": schema.CastOptionsT,
    "CONV_2D": schema.Conv2DOptionsT,
    "SOFTMAX": schema.SoftmaxOptionsT,
    "FULLY_CONNECTED": schema.FullyConnectedOptionsT,
    "QUANTIZE": schema.QuantizeOptionsT,
    "DEQUANTIZE": schema.DequantizeOptionsT,
}


def _pair_up(reading: Reading) -> tuple[Floats, Floats]:
    """Return kernel [2, outputs] and bias [2] that make [real, fake] of what the classifier gives."""
    if reading.outputs == 2:
        eye = np.eye(2, dtype=np.float32)
        return (eye if reading.fake_last else eye[::-1].copy()), np.zeros(2, np.float32)
    signs, ones = np.array([[-1.0], [1.0]], np.float32), np.array([1.0, 0.0], np.float32)
    return (signs, ones) if reading.fake_last else (-signs, ones[::-1].copy())


def _map_tensor(name: bytes, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, int(index)
    return entry


def quantize(values: Floats, side: Side) -> npt.NDArray[Any]:
    """Return `values` as the tensor `side` stores them."""
    if side.type == schema.TensorType.FLOAT32:
        return values
    kind = np.uint8 if side.type == schema.TensorType.UINT8 else np.int8
    limits = np.iinfo(kind)
    stored = np.round(values / side.scale) + side.zero_point
    return np.asarray(np.clip(stored, limits.min, limits.max), kind)


def name_type(side: Side) -> str:
    """Return what a tensor is made of: float32, uint8, int8, ..."""
    return next(str(name).lower() for name, code in vars(schema.TensorType).items() if code == side.type)
