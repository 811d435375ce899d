"""Reading TFLite metadata back out of a model file, as another reader would."""

import io
import struct
import zipfile
from dataclasses import dataclass

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers.number_types import Float32Flags, Uint8Flags
from flatbuffers.table import Table

from fakelens.convert.tflite_metadata import schema as fields
from fakelens.edge_runtime.errors import ModelError

_ROOT_IDENTIFIER = slice(4, 8)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The standard metadata of an image classifier."""

    name: str
    description: str
    version: str
    min_parser_version: str
    input_name: str
    input_is_rgb: bool
    input_low: float
    input_high: float
    mean: float | None  # (value - mean) / std; both None where the input takes bytes as they are
    std: float | None
    labels_file: str
    labels: tuple[str, ...]


def read_metadata(model: bytes) -> Metadata:
    """Return the metadata of a packed model file; `ModelError` where it is missing or incomplete."""
    root = _find_root(model)
    try:
        subgraph = _children(root, fields.Model.SUBGRAPHS)[0]
        tensor = _children(subgraph, fields.Subgraph.INPUTS)[0]
        output = _children(subgraph, fields.Subgraph.OUTPUTS)[0]
        files = _children(output, fields.Tensor.ASSOCIATED_FILES)
        labels = next(
            file for file in files if _byte(file, fields.AssociatedFile.TYPE) == fields.FILE_AXIS_LABELS
        )
        labels_file = _text(labels, fields.AssociatedFile.NAME)
        stats = _child(tensor, fields.Tensor.STATS)
        units = _children(tensor, fields.Tensor.PROCESS_UNITS)
        normalization = _child(units[0], fields.ProcessUnit.OPTIONS) if units else None
        properties = _child(_child(tensor, fields.Tensor.CONTENT), fields.Content.PROPERTIES)
        return Metadata(
            name=_text(root, fields.Model.NAME),
            description=_text(root, fields.Model.DESCRIPTION),
            version=_text(root, fields.Model.VERSION),
            min_parser_version=_text(root, fields.Model.MIN_PARSER_VERSION),
            input_name=_text(tensor, fields.Tensor.NAME),
            input_is_rgb=_byte(properties, fields.Image.COLOR_SPACE) == fields.COLOR_SPACE_RGB,
            input_low=_number(stats, fields.Stats.MIN),
            input_high=_number(stats, fields.Stats.MAX),
            mean=_number(normalization, fields.Normalization.MEAN) if normalization else None,
            std=_number(normalization, fields.Normalization.STD) if normalization else None,
            labels_file=labels_file,
            labels=_read_labels(model, labels_file),
        )
    except (IndexError, LookupError, StopIteration, struct.error, UnicodeDecodeError) as error:
        raise ModelError(f"the TFLite metadata is incomplete ({error}); convert the model again") from error


def _find_root(model: bytes) -> Table:
    parsed = schema.ModelT.InitFromPackedBuf(model)
    buffers = [entry.buffer for entry in parsed.metadata or [] if entry.name == fields.BUFFER_NAME]
    content = parsed.buffers[buffers[0]].data if buffers else None
    if content is None or bytes(content[_ROOT_IDENTIFIER]) != fields.IDENTIFIER:
        raise ModelError("the model has no TFLite metadata; convert it again with `fakelens convert`")
    data = bytes(np.asarray(content, np.uint8))
    return Table(data, flatbuffers.encode.Get(flatbuffers.packer.uoffset, data, 0))


def _read_labels(model: bytes, name: str) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            return tuple(archive.read(name).decode().splitlines())
    except zipfile.BadZipFile as error:
        raise ModelError("the model has no associated files; it is truncated, convert it again") from error


def _locate(table: Table, slot: int) -> int:
    """Return where field `slot` begins; `LookupError` where it is absent."""
    offset = table.Offset(4 + 2 * slot)  # the vtable starts with two sizes of 2 bytes
    if not offset:
        raise LookupError(f"field {slot} is absent")
    return int(table.Pos + offset)


def _child(table: Table, slot: int) -> Table:
    return Table(table.Bytes, table.Indirect(_locate(table, slot)))


def _children(table: Table, slot: int) -> list[Table]:
    offset = table.Offset(4 + 2 * slot)
    if not offset:
        return []
    start, count = table.Vector(offset), table.VectorLen(offset)
    return [Table(table.Bytes, table.Indirect(start + 4 * index)) for index in range(count)]


def _text(table: Table, slot: int) -> str:
    return bytes(table.String(_locate(table, slot))).decode()


def _byte(table: Table, slot: int) -> int:
    return int(table.Get(Uint8Flags, _locate(table, slot)))


def _number(table: Table, slot: int) -> float:
    """Return the first of a vector of floats."""
    _locate(table, slot)
    return float(table.Get(Float32Flags, table.Vector(table.Offset(4 + 2 * slot))))
