"""One flatbuffer of two roots: readers that know one graph see the first view, ours see all of them.

MediaPipe Tasks refuses a file of several subgraphs. So the root that every reader follows is a model of the
first subgraph alone; beside it lies the model of all views, to which the contract points. The two share all
data: the first has a few bytes of its own.
"""

from typing import Any

from ai_edge_litert import schema_py_generated as schema
from flatbuffers.number_types import UOffsetTFlags
from flatbuffers.table import Table

from fakelens.convert.tflite_metadata.write import GRAPH_IDENTIFIER, make_builder

_SLOTS = 8  # fields of a Model in the TFLite schema
_VERSION, _CODES, _SUBGRAPHS, _DESCRIPTION, _BUFFERS, _METADATA, _SIGNATURES = 0, 1, 2, 3, 4, 6, 7


def add_first_root(graph: bytes) -> tuple[bytes, int]:
    """Return `graph` under a root of its first subgraph, and where the root of all subgraphs lies now."""
    model = schema.ModelT.InitFromPackedBuf(graph)
    builder = make_builder(len(graph))
    everything = int(model.Pack(builder))
    found = _Packed(bytes(builder.Bytes[builder.Head() :]), everything)
    subgraphs = _write_vector(builder, found.find_first(_SUBGRAPHS))
    signatures = _write_vector(builder, found.find_first(_SIGNATURES))
    builder.StartObject(_SLOTS)
    builder.PrependUint32Slot(_VERSION, model.version, 0)
    builder.PrependUOffsetTRelativeSlot(_SUBGRAPHS, subgraphs, 0)
    builder.PrependUOffsetTRelativeSlot(_SIGNATURES, signatures, 0)
    for shared in (_CODES, _DESCRIPTION, _BUFFERS, _METADATA):
        if found.has(shared):
            builder.PrependUOffsetTRelativeSlot(shared, found.find(shared), 0)
    builder.Finish(builder.EndObject(), GRAPH_IDENTIFIER)
    written = bytes(builder.Output())
    return written, len(written) - everything


class _Packed:
    """A model as the builder holds it; places count from the end, as the builder counts them."""

    def __init__(self, content: bytes, model: int) -> None:
        self._size, self._table = len(content), Table(content, len(content) - model)

    def has(self, slot: int) -> bool:
        """Whether the model has this field."""
        return bool(self._offset(slot))

    def find(self, slot: int) -> int:
        """Return the place of what a field refers to."""
        at = self._table.Pos + self._offset(slot)
        return self._size - int(self._table.Indirect(at))

    def find_first(self, slot: int) -> int:
        """Return the place of the first table in a field's vector."""
        at = int(self._table.Vector(self._offset(slot)))
        return self._size - int(self._table.Indirect(at))

    def _offset(self, slot: int) -> int:
        return int(self._table.Offset(4 + 2 * slot))  # of a table's fields, after two sizes


def _write_vector(builder: Any, place: int) -> int:
    width = UOffsetTFlags.bytewidth
    builder.StartVector(width, 1, width)
    builder.PrependUOffsetTRelative(place)
    return int(builder.EndVector())
