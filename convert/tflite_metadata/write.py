"""Writing standard TFLite metadata into a graph, for MediaPipe and other readers.

The official writers need old protobuf or do not import, and the part of the schema that an image
classifier needs is small.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.recipes import Io
from fakelens.convert.tflite_metadata import schema as fields
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.modelfile.members import LABELS_NAME

GRAPH_IDENTIFIER = b"TFL3"
_BUFFER_ALIGNMENT = 16  # force_align of the TFLite schema, which the Python writer does not know
_VERSION = "1"


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc] # flatbuffers has no types
    """Places constant data where vector instructions want it, and what is the same once.

    Steps and zero points of a layer stand at its weights and its bias, and again in each view that shares it.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._places: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:  # noqa: N802 (its name there)
        content = (x.dtype.str, x.tobytes())
        if content not in self._places:
            self.Prep(_BUFFER_ALIGNMENT, x.nbytes)
            self._places[content] = int(super().CreateNumpyVector(x))
        return self._places[content]


def attach_metadata(graph: bytes, contract: Contract, io: Io) -> bytes:
    """Return `graph` with metadata in place of any it had: names, normalization, where the labels are."""
    model = schema.ModelT.InitFromPackedBuf(graph)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(write_metadata(contract, io), np.uint8)
    entry = schema.MetadataT()
    entry.name, entry.buffer = fields.BUFFER_NAME, len(model.buffers)
    model.metadata = [kept for kept in model.metadata or [] if kept.name != fields.BUFFER_NAME] + [entry]
    model.buffers.append(buffer)
    model.description = contract.name
    return write_graph(model, len(graph))


def write_graph(model: Any, size_bytes: int) -> bytes:
    """Return the flatbuffer of `model`, a `ModelT` of the TFLite schema; it takes about `size_bytes`."""
    builder = make_builder(size_bytes)
    builder.Finish(model.Pack(builder), GRAPH_IDENTIFIER)
    return bytes(builder.Output())


def make_builder(size_bytes: int) -> Any:
    """Return a builder that places constant data as the TFLite schema asks; it grows beyond `size_bytes`."""
    return _AlignedBuilder(size_bytes)


def write_metadata(contract: Contract, io: Io) -> bytes:
    """Return the ModelMetadata flatbuffer of an image classifier."""
    builder = flatbuffers.Builder()
    subgraph = _table(
        builder,
        fields.Subgraph.COUNT,
        {
            fields.Subgraph.INPUTS: _offsets(builder, [_write_input(builder, contract, io)]),
            fields.Subgraph.OUTPUTS: _offsets(builder, [_write_output(builder)]),
        },
    )
    description = contract.description or "Tells fake images from real ones."
    root = _table(
        builder,
        fields.Model.COUNT,
        {
            fields.Model.NAME: builder.CreateString(contract.name),
            fields.Model.DESCRIPTION: builder.CreateString(description),
            fields.Model.VERSION: builder.CreateString(_VERSION),
            fields.Model.SUBGRAPHS: _offsets(builder, [subgraph]),
            fields.Model.MIN_PARSER_VERSION: builder.CreateString(fields.MIN_PARSER_VERSION),
        },
    )
    builder.Finish(root, fields.IDENTIFIER)
    return bytes(builder.Output())


def _write_input(builder: flatbuffers.Builder, contract: Contract, io: Io) -> int:
    content = _table(
        builder,
        fields.Content.COUNT,
        {
            fields.Content.PROPERTIES: _table(
                builder, fields.Image.COUNT, {}, {fields.Image.COLOR_SPACE: fields.COLOR_SPACE_RGB}
            )
        },
        {fields.Content.PROPERTIES_TYPE: fields.ContentType.IMAGE},
    )
    size = contract.input.size
    tensor: dict[int, int] = {
        fields.Tensor.NAME: builder.CreateString("image"),
        fields.Tensor.DESCRIPTION: builder.CreateString(
            f"RGB image of {size} x {size} px as raw bytes, 0 to 255, not normalized"
        ),
        fields.Tensor.CONTENT: content,
        fields.Tensor.STATS: _write_stats(builder, 0.0, 255.0),
    }
    if io is Io.FLOAT:  # MediaPipe refuses a float input without it and needs none for uint8
        tensor[fields.Tensor.PROCESS_UNITS] = _offsets(builder, [_write_normalization(builder)])
    return _table(builder, fields.Tensor.COUNT, tensor)


def _write_output(builder: flatbuffers.Builder) -> int:
    labels = _table(
        builder,
        fields.AssociatedFile.COUNT,
        {
            fields.AssociatedFile.NAME: builder.CreateString(LABELS_NAME),
            fields.AssociatedFile.DESCRIPTION: builder.CreateString(
                "One label a line, in order of the output."
            ),
        },
        {fields.AssociatedFile.TYPE: fields.FILE_AXIS_LABELS},
    )
    content = _table(
        builder,
        fields.Content.COUNT,
        {fields.Content.PROPERTIES: _table(builder, 0, {})},
        {fields.Content.PROPERTIES_TYPE: fields.ContentType.FEATURE},
    )
    return _table(
        builder,
        fields.Tensor.COUNT,
        {
            fields.Tensor.NAME: builder.CreateString("probability"),
            fields.Tensor.DESCRIPTION: builder.CreateString("Calibrated probability of each label."),
            fields.Tensor.CONTENT: content,
            fields.Tensor.STATS: _write_stats(builder, 0.0, 1.0),
            fields.Tensor.ASSOCIATED_FILES: _offsets(builder, [labels]),
        },
    )


def _write_normalization(builder: flatbuffers.Builder) -> int:
    options: dict[int, int] = {
        fields.Normalization.MEAN: _floats(builder, 0.0),
        fields.Normalization.STD: _floats(builder, 1.0),
    }
    return _table(
        builder,
        fields.ProcessUnit.COUNT,
        {fields.ProcessUnit.OPTIONS: _table(builder, fields.Normalization.COUNT, options)},
        {fields.ProcessUnit.OPTIONS_TYPE: fields.OPTIONS_NORMALIZATION},
    )


def _write_stats(builder: flatbuffers.Builder, low: float, high: float) -> int:
    ends: dict[int, int] = {fields.Stats.MAX: _floats(builder, high), fields.Stats.MIN: _floats(builder, low)}
    return _table(builder, fields.Stats.COUNT, ends)


def _table(
    builder: flatbuffers.Builder,
    count: int,
    offsets: Mapping[int, int],
    enums: Mapping[int, int] | None = None,
) -> int:
    """Write a table of `count` fields from what is already written (by offset) and from small integers."""
    builder.StartObject(count)
    for slot, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    for slot, value in (enums or {}).items():
        builder.PrependUint8Slot(slot, value, 0)
    return int(builder.EndObject())


def _offsets(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _floats(builder: flatbuffers.Builder, value: float) -> int:
    return int(builder.CreateNumpyVector(np.array([value], np.float32)))
