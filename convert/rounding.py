"""Weights of an int8 graph rounded for the calibration images: errors of some make up for those of others.

Rounding each weight to the nearest step leaves errors that add up wherever the inputs go together, as the
pixels of a bright picture do. GPTQ (Frantar et al. 2022) rounds the weights of an output one by one and lets
those still to come take up the error, by the second moments of the layer's inputs; what is left on average
goes into the bias (Nagel et al. 2019). Steps and ranges stay those of the converter, so the graph is as fast
as before.
"""

import copy
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.operators import find_tensor, read_constant, read_kind
from fakelens.edge_runtime.modelfile.interpreter import LayerReader
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_KINDS = {
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
}
_IMAGES = 64  # whose activations are looked at
_PLACES = 200  # of each, in each layer
_DAMPING = 0.01  # of the mean second moment, so that inputs that never vary can be divided by
_IDENTIFIER = b"TFL3"

Floats = npt.NDArray[np.float64]


@dataclass(kw_only=True)
class _Moments:
    """Sums over the inputs of a layer: one set, or one for each channel of a depthwise convolution."""

    second: Any = 0.0  # [..., inputs, inputs]
    first: Any = 0.0  # [..., inputs]
    count: int = 0

    def add(self, inputs: Floats) -> None:
        """Take in `inputs` [..., n, inputs]."""
        self.second = self.second + inputs.swapaxes(-1, -2) @ inputs
        self.first = self.first + inputs.sum(axis=-2)
        self.count += inputs.shape[-2]

    def join(self, others: "list[_Moments]") -> "_Moments":
        """Return the moments of these inputs and those of `others` together."""
        every = [self, *others]
        return _Moments(
            second=sum(moments.second for moments in every),
            first=sum(moments.first for moments in every),
            count=sum(moments.count for moments in every),
        )


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """An operator with weights, in the float graph and in the int8 one, and what goes into it."""

    plain: tuple[Any, Any]  # model and operator
    integer: tuple[Any, Any]
    moments: _Moments


def round_weights(graph: bytes, float_graph: bytes, images_u8: ImageU8) -> bytes:
    """Return the int8 `graph` with its weights rounded anew.

    `float_graph` is the same network in float32 with input float32 [1, size, size, 3], raw RGB; `images_u8`
    [n, size, size, 3] are those of the calibration. A layer that the graphs do not share stays as it is, and
    a weight that is zero stays zero. Weights that several layers share in `float_graph` are rounded for all
    of them, and lie in the file once, also where the converter gave a channel another step in each.
    """
    moments = _gather(float_graph, images_u8)
    plain, integer = (schema.ModelT.InitFromPackedBuf(part, 0) for part in (float_graph, graph))
    ops = _find_layers(integer)
    sharing: defaultdict[tuple[int, ...], list[_Layer]] = defaultdict(list)  # by the float weights
    for name, op in _find_layers(plain).items():
        if name in ops and name in moments:
            layer = _Layer(plain=(plain, op), integer=(integer, ops[name]), moments=moments[name])
            weights = find_tensor(*layer.plain, 1)
            sharing[weights.buffer, read_kind(*layer.plain), *weights.shape].append(layer)
    for layers in sharing.values():
        _round_layers(layers)
    builder = flatbuffers.Builder(len(graph))
    builder.Finish(integer.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def round_rows(rows: Floats, steps: Floats, second: Floats) -> npt.NDArray[np.int8]:
    """Return the weights `rows` [outputs, inputs] in whole `steps` [outputs], each -127 to 127.

    `second` are the second moments of the inputs [inputs, inputs], or of those of each row
    [outputs, inputs, inputs].
    """
    count = rows.shape[1]
    damping = _DAMPING * np.mean(np.diagonal(second, axis1=-2, axis2=-1), axis=-1) + np.finfo(float).tiny
    damped = second + np.asarray(damping)[..., None, None] * np.eye(count)
    inverse = np.linalg.cholesky(np.linalg.inv(damped)).swapaxes(-1, -2)
    left = np.array(rows)
    whole = np.zeros(rows.shape, np.int8)
    for at in range(count):
        nearest = np.clip(np.rint(left[:, at] / steps), -127, 127)
        whole[:, at] = np.where(rows[:, at] == 0, 0, nearest)
        error = (left[:, at] - whole[:, at] * steps) / inverse[..., at, at]
        left[:, at:] -= error[:, None] * inverse[..., at, at:]
    return whole


def measure_error(rows: Floats, rounded: Floats, second: Floats) -> Floats:
    """Return the mean squared error of each output [outputs] where `rounded` stands for `rows`."""
    change = rows - rounded
    return np.asarray(np.einsum("...i,...ij,...j->...", change, second, change), np.float64)


def _find_layers(model: Any) -> dict[str, Any]:
    """Return the operators that have weights, by the name of what they give."""
    part = model.subgraphs[0]
    found = {}
    for op in part.operators:
        if (
            read_kind(model, op) in _KINDS
            and model.buffers[part.tensors[op.inputs[1]].buffer].data is not None
        ):
            found[part.tensors[op.outputs[0]].name.decode()] = op
    return found


def _has_data(model: Any, tensor: Any) -> bool:
    return model.buffers[tensor.buffer].data is not None


def _is_depthwise(model: Any, op: Any) -> bool:
    return bool(read_kind(model, op) == schema.BuiltinOperator.DEPTHWISE_CONV_2D)


def _gather(float_graph: bytes, images_u8: ImageU8) -> dict[str, _Moments]:
    """Return the moments of the inputs of each layer, over random places of some of the images."""
    model = schema.ModelT.InitFromPackedBuf(float_graph, 0)
    layers = _find_layers(model)
    moments: dict[str, _Moments] = {}
    rng = np.random.default_rng(0)
    reader = LayerReader(float_graph)
    for row in rng.permutation(len(images_u8))[:_IMAGES]:
        reader.run(images_u8[row][None].astype(np.float32))
        for name, op in layers.items():
            activations = reader.read(op.inputs[0])
            kernel = model.subgraphs[0].tensors[op.inputs[1]].shape
            by_channel = _is_depthwise(model, op)
            inputs = _take_inputs(activations, kernel, rng)
            if inputs is None:
                continue
            flat = inputs.transpose(2, 0, 1) if by_channel else inputs.reshape(len(inputs), -1)
            moments.setdefault(name, _Moments()).add(flat)
    return moments


def _take_inputs(
    activations: npt.NDArray[np.float32], kernel: npt.NDArray[np.int32], rng: np.random.Generator
) -> Floats | None:
    """Return what a kernel sees at random places [n, height x width, channels].

    None where it is larger than what it sees, or convolves groups of channels.
    """
    if len(kernel) == 2:  # dense
        return np.asarray(activations.reshape(-1, 1, kernel[1]), np.float64)
    height, width, channels = (int(side) for side in kernel[1:])
    picture = activations[0]
    if height > picture.shape[0] or width > picture.shape[1] or channels != picture.shape[2]:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(picture, (height, width), axis=(0, 1))
    down, right = (rng.integers(0, room, _PLACES) for room in windows.shape[:2])
    taken = windows[down, right].astype(np.float64)  # [n, channels, height, width]
    return taken.reshape(*taken.shape[:2], -1).swapaxes(1, 2)


def _round_layers(layers: list[_Layer]) -> None:
    """Set the weights that `layers` share, and the bias of each, after the float model."""
    first = layers[0]
    weights, nearest = read_constant(*first.plain, 1, np.float32), read_constant(*first.integer, 1, np.int8)
    by_channel = _is_depthwise(*first.integer)
    rows, old = (
        part.reshape(-1, part.shape[-1]).T if by_channel else part.reshape(len(part), -1)
        for part in (weights.astype(np.float64), nearest)
    )
    own = np.broadcast_to(_read_steps(first), len(rows))  # before they are shared
    steps = np.broadcast_to(_share_weights(layers), len(rows))
    old = np.where((steps == own)[:, None], old, np.clip(np.rint(rows / steps[:, None]), -127, 127))
    moments = first.moments.join([layer.moments for layer in layers[1:]])
    second = moments.second / moments.count
    new = round_rows(rows, steps, second)
    errors = [measure_error(rows, whole * steps[:, None], second) for whole in (old, new)]
    whole = np.where((errors[1] < errors[0])[:, None], new, old)
    laid_out = whole.T if by_channel else whole
    tensors = [find_tensor(*layer.integer, 1) for layer in layers]
    _write(first.integer[0], tensors, np.ascontiguousarray(laid_out, np.int8))
    for layer in layers:
        if len(layer.integer[1].inputs) > 2 and layer.integer[1].inputs[2] >= 0:
            means = layer.moments.first / layer.moments.count
            _set_bias(layer, np.sum((rows - whole * steps[:, None]) * means, axis=1))


def _read_steps(layer: _Layer) -> Floats:
    return np.array(find_tensor(*layer.integer, 1).quantization.scale, np.float64)


def _share_weights(layers: list[_Layer]) -> Floats:
    """Let the int8 weights of `layers` have one buffer; return their steps, in each channel the largest.

    The converter takes a larger step where a bias would not fit the sums of a layer otherwise.
    """
    model = layers[0].integer[0]
    steps = np.max([_read_steps(layer) for layer in layers], axis=0)
    tensors = [find_tensor(*layer.integer, 1) for layer in layers]
    left = {tensor.buffer for tensor in tensors[1:]}
    for tensor in tensors:
        tensor.buffer = tensors[0].buffer
        _set_steps(tensor, steps)
    for buffer in left - {tensor.buffer for part in model.subgraphs for tensor in part.tensors}:
        model.buffers[buffer].data = None
    return np.asarray(steps, np.float64)


def _set_bias(layer: _Layer, missing: Floats) -> None:
    """Set the bias of the int8 layer after the float one and what its rounded weights are `missing`."""
    has_bias = len(layer.plain[1].inputs) > 2 and layer.plain[1].inputs[2] >= 0
    exact = read_constant(*layer.plain, 2, np.float32).astype(np.float64) if has_bias else 0.0
    bias = _own_tensor(*layer.integer, 2)
    of_input = float(find_tensor(*layer.integer, 0).quantization.scale[0])
    steps = of_input * _read_steps(layer)
    _set_steps(bias, steps)
    _write(layer.integer[0], [bias], np.rint((exact + missing) / steps).astype(np.int32))


def _set_steps(tensor: Any, steps: Floats) -> None:
    tensor.quantization = copy.copy(tensor.quantization)  # others may have the old one
    tensor.quantization.scale = steps.astype(np.float32)


def _own_tensor(model: Any, op: Any, place: int) -> Any:
    """Return a tensor of the operator, which gets a copy of it where another operator uses it too."""
    part = model.subgraphs[0]
    if sum(list(other.inputs).count(op.inputs[place]) for other in part.operators) > 1:
        part.tensors.append(copy.copy(part.tensors[op.inputs[place]]))
        op.inputs[place] = len(part.tensors) - 1
    return part.tensors[op.inputs[place]]


def _write(model: Any, tensors: list[Any], values: npt.NDArray[Any]) -> None:
    """Set `tensors`, which had one buffer, in a buffer of their own where others share theirs."""
    every = [other for part in model.subgraphs for other in part.tensors]
    if sum(other.buffer == tensors[0].buffer for other in every) > len(tensors):
        model.buffers.append(schema.BufferT())
        for tensor in tensors:
            tensor.buffer = len(model.buffers) - 1
    model.buffers[tensors[0].buffer].data = np.frombuffer(values.tobytes(), np.uint8)
