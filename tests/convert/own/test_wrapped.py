"""A `.tflite` of somebody else's is looked through before LiteRT gets it."""

from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.own.wrapped import load_graph
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model


def test_a_graph_that_would_crash_litert_is_one_line(tmp_path: Path) -> None:
    graph = read_model(find_model("cifake-quick")).graph
    (tmp_path / "whole.tflite").write_bytes(graph)
    assert load_graph(tmp_path / "whole.tflite", None, 1).size == 32
    model = schema.ModelT.InitFromPackedBuf(graph)
    activations = model.subgraphs[0].tensors[int(model.subgraphs[0].operators[0].outputs[0])]
    activations.quantization.zeroPoint = np.array([-16512], np.int64)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "hostile.tflite"
    path.write_bytes(bytes(builder.Output()))
    with pytest.raises(UsageError, match=r"the graph is damaged .*zero point -16512") as caught:
        load_graph(path, None, 1)
    assert "\n" not in str(caught.value)


def test_a_file_of_fakelens_is_refused_whole_damaged_or_cut(tmp_path: Path) -> None:
    packed = find_model("cifake-quick").read_bytes()
    changed = bytearray(packed)
    changed[len(packed) // 2] ^= 1
    path = tmp_path / "model.tflite"
    for content, reason in (
        (packed, r"is a model file of fakelens already.*--fuse DATA"),
        (bytes(changed), r"the graph does not match its digest, the file is damaged; fetch it again"),
        (packed[:-30], r"without an intact fakelens contract; it is truncated"),
    ):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=reason) as caught:
            load_graph(path, None, 1)
        assert str(caught.value).count(f"{path}: ") == 1


def test_a_graph_for_pictures_of_any_size_is_named(tmp_path: Path) -> None:
    model = schema.ModelT.InitFromPackedBuf(read_model(find_model("cifake-quick")).graph)
    source = model.subgraphs[0].tensors[int(model.subgraphs[0].inputs[0])]
    builder = flatbuffers.Builder(1 << 20)
    source.shapeSignature = np.array([-1, -1, -1, 3], np.int32)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "any.tflite"
    path.write_bytes(bytes(builder.Output()))
    with pytest.raises(UsageError, match=r"takes pictures of any size; make the \.tflite anew"):
        load_graph(path, None, 1)
