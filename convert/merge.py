"""Several views in one graph: their subgraphs and signatures side by side, taken apart again for one view."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.tflite_metadata.write import write_graph
from fakelens.edge_runtime.errors import ModelError

FIRST_SIGNATURE = "serving_default"  # what other readers look for
_VERSION = 3
_RUNTIME_VERSION = b"min_runtime_version"


@dataclass(frozen=True, kw_only=True)
class NamedGraph:
    """A graph of one view, and the signature under which it goes into the merged one."""

    signature: str
    graph: bytes


def merge_graphs(views: Sequence[NamedGraph]) -> bytes:
    """Return one graph with a subgraph and a signature for each of `views`, the first one as subgraph 0.

    Weights are carried over as they are, without metadata. `ModelError` where a graph cannot be read.
    """
    merged = _start_model()
    for view in views:
        source = _read(view.graph)
        _add_view(merged, source, 0, view.signature)
        _raise_version(merged, source)
    return write_graph(merged, sum(len(view.graph) for view in views))


def extract_view(graph: bytes, view: int) -> bytes:
    """Return one view of a merged `graph` as a graph of its own; `ModelError` where it is not in there."""
    model = _read(graph)
    if not 0 <= view < len(model.subgraphs):
        raise ModelError(f"the graph has {len(model.subgraphs)} subgraphs, none of number {view}")
    single = _start_model()
    _add_view(single, model, view, FIRST_SIGNATURE)
    _raise_version(single, model)
    return write_graph(single, len(graph))


def _read(graph: bytes) -> Any:
    try:
        return schema.ModelT.InitFromPackedBuf(graph)
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise ModelError(f"the graph is damaged ({error}); convert the model again") from error


def _start_model() -> Any:
    model = schema.ModelT()
    model.version = _VERSION
    model.subgraphs, model.operatorCodes, model.signatureDefs, model.metadata = [], [], [], []
    model.buffers = [schema.BufferT()]  # number 0 is empty, for tensors without data
    return model


def _add_view(model: Any, source: Any, index: int, signature: str) -> None:
    """Copy subgraph `index` of `source` with its buffers and operator codes into `model`."""
    subgraph = source.subgraphs[index]
    buffers: dict[int, int] = {}
    there = {bytes(each.data): number for number, each in enumerate(model.buffers) if each.data is not None}
    for tensor in subgraph.tensors:
        if source.buffers[tensor.buffer].data is None:
            tensor.buffer = 0
            continue
        if tensor.buffer not in buffers:
            content = bytes(source.buffers[tensor.buffer].data)
            if content not in there:  # views of one network share its weights
                there[content] = len(model.buffers)
                model.buffers.append(source.buffers[tensor.buffer])
            buffers[tensor.buffer] = there[content]
        tensor.buffer = buffers[tensor.buffer]
    codes = {_name_code(code): number for number, code in enumerate(model.operatorCodes)}
    for operator in subgraph.operators:
        code = source.operatorCodes[operator.opcodeIndex]
        if _name_code(code) not in codes:
            codes[_name_code(code)] = len(model.operatorCodes)
            model.operatorCodes.append(code)
        operator.opcodeIndex = codes[_name_code(code)]
    subgraph.name = signature
    model.signatureDefs.append(_name_sides(source, index, signature, len(model.subgraphs)))
    model.subgraphs.append(subgraph)


def _raise_version(model: Any, source: Any) -> None:
    """Let `model` ask for a runtime as new as `source` does: the one metadata entry that a runtime reads."""
    found = next((each for each in source.metadata or [] if each.name == _RUNTIME_VERSION), None)
    if found is None:
        return
    buffer = source.buffers[found.buffer]
    entries = [each for each in model.metadata if each.name == _RUNTIME_VERSION]
    if not entries:
        entry = schema.MetadataT()
        entry.name, entry.buffer = _RUNTIME_VERSION, len(model.buffers)
        model.metadata.append(entry)
        model.buffers.append(buffer)
    elif _read_version(buffer) > _read_version(model.buffers[entries[0].buffer]):
        model.buffers[entries[0].buffer] = buffer


def _read_version(buffer: Any) -> tuple[int, ...]:
    numbers = bytes(buffer.data).split(b"\0")[0].split(b".")
    return tuple(int(number) for number in numbers if number.isdigit())


def _name_code(code: Any) -> tuple[int, object, int]:
    return max(code.builtinCode, code.deprecatedBuiltinCode), code.customCode, code.version


def _name_sides(source: Any, index: int, signature: str, number: int) -> Any:
    """Return the signature of a subgraph: that of its file under its new name, else one made up."""
    found = next((each for each in source.signatureDefs or [] if each.subgraphIndex == index), None)
    if found is None:
        found = schema.SignatureDefT()
        subgraph = source.subgraphs[index]
        found.inputs = [_map_tensor("image", subgraph.inputs[0])]
        found.outputs = [_map_tensor("probability", subgraph.outputs[0])]
    found.signatureKey, found.subgraphIndex = signature, number
    return found


def _map_tensor(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, int(index)
    return entry
