"""TFLite metadata reads back as written, and the graph stays as it was."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.network import load_network
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.run import read_run, read_validation
from fakelens.convert.tflite import convert_network
from fakelens.convert.tflite_metadata.read import read_metadata
from fakelens.convert.tflite_metadata.write import attach_metadata, write_metadata
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract
from fakelens.edge_runtime.modelfile.interpreter import Interpreter


@pytest.fixture(scope="module")
def plain_graph(finished_run: Path) -> bytes:
    run = read_run(finished_run)
    return convert_network(load_network(run.model, run), Quantization.FLOAT32, Io.FLOAT)


@pytest.fixture
def contract(finished_run: Path) -> Contract:
    return replace(read_run(finished_run).contract, name="ein Prüfling", description="says whether — or not")


@pytest.mark.parametrize("io", Io)
def test_metadata_reads_back(plain_graph: bytes, contract: Contract, io: Io) -> None:
    found = read_metadata(pack_model(attach_metadata(plain_graph, contract, io), contract))
    assert (found.name, found.description) == (contract.name, contract.description)
    assert (found.labels_file, found.labels) == ("labels.txt", ("real", "fake"))
    assert (found.input_low, found.input_high) == (0.0, 255.0)
    assert found.input_is_rgb
    assert found.input_name == "image"
    assert re.fullmatch(r"\d+\.\d+\.\d+", found.min_parser_version)
    # MediaPipe refuses a float input without normalization; raw bytes are (value - 0) / 1.
    assert (found.mean, found.std) == ((0.0, 1.0) if io is Io.FLOAT else (None, None))


def test_the_flatbuffer_carries_its_identifier(contract: Contract) -> None:
    assert write_metadata(contract, Io.UINT8)[4:8] == b"M001"


def test_the_graph_computes_the_same_with_metadata(
    plain_graph: bytes, contract: Contract, finished_run: Path
) -> None:
    images = read_validation(read_run(finished_run)).images_u8
    attached = attach_metadata(plain_graph, contract, Io.FLOAT)
    np.testing.assert_array_equal(
        Interpreter(attached).predict(images), Interpreter(plain_graph).predict(images)
    )


def test_weights_are_aligned_as_the_schema_asks(plain_graph: bytes, contract: Contract) -> None:
    model = schema.Model.GetRootAs(attach_metadata(plain_graph, contract, Io.FLOAT))
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    starts = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in buffers if buffer.DataLength()]
    assert len(starts) > 6
    assert all(start % 16 == 0 for start in starts)


def test_attaching_again_replaces(plain_graph: bytes, contract: Contract) -> None:
    twice = attach_metadata(
        attach_metadata(plain_graph, contract, Io.FLOAT), replace(contract, name="b"), Io.FLOAT
    )
    entries = [entry.name for entry in schema.ModelT.InitFromPackedBuf(twice).metadata]
    assert entries.count(b"TFLITE_METADATA") == 1
    assert b"min_runtime_version" in entries
    assert read_metadata(pack_model(twice, contract)).name == "b"


def test_a_graph_without_metadata_is_told(plain_graph: bytes, contract: Contract) -> None:
    with pytest.raises(ModelError, match="no TFLite metadata"):
        read_metadata(pack_model(plain_graph, contract))


def test_metadata_without_its_labels_file_is_told(plain_graph: bytes, contract: Contract) -> None:
    with pytest.raises(ModelError, match="no associated files"):
        read_metadata(attach_metadata(plain_graph, contract, Io.FLOAT))
