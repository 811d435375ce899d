"""Each app gate refuses what it is there for, and says what to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.recipes import Io
from fakelens.convert.ship.gates import MOST_BYTES, check_app_gates, check_size
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec
from fakelens.edge_runtime.modelfile.library import find_model, list_models

SIZE = 8


def list_failures(path: Path) -> dict[str, str]:
    """The failed gates and their figures."""
    return {gate.name: gate.figure for gate in check_app_gates(path) if not gate.passed}


@pytest.mark.parametrize("name", list_models())
def test_every_release_model_passes(name: str) -> None:
    gates = check_app_gates(find_model(name))
    assert [gate.name for gate in gates] == [
        *("contract", "types", "batch of 1", "metadata", "labels", "size", "LiteRT")
    ]
    assert list_failures(find_model(name)) == {}


@pytest.mark.parametrize(("output_type", "io"), [("UINT8", Io.UINT8), ("FLOAT32", Io.FLOAT)])
def test_bytes_and_floats_pass(pack_app_model: Callable[..., Path], output_type: str, io: Io) -> None:
    input_type = "UINT8" if io is Io.UINT8 else "FLOAT32"
    assert list_failures(pack_app_model(io=io, input_type=input_type, output_type=output_type)) == {}


def test_int8_at_the_border_is_refused(pack_app_model: Callable[..., Path]) -> None:
    failures = list_failures(pack_app_model(input_type="INT8"))
    assert list(failures) == ["types"]
    assert failures["types"].startswith("int8 in, float32 out, MediaPipe Tasks takes uint8 or float32")
    assert "--io uint8" in failures["types"]


def test_floats_without_normalization_are_refused(pack_app_model: Callable[..., Path]) -> None:
    failures = list_failures(pack_app_model(input_type="FLOAT32", io=Io.UINT8))
    assert list(failures) == ["metadata"]
    assert "without normalization" in failures["metadata"]
    assert "fakelens convert" in failures["metadata"]


def test_a_graph_without_metadata_is_refused(model_file: Path) -> None:
    failures = list_failures(model_file)
    assert list(failures) == ["metadata"]
    assert "no TFLite metadata; convert it again" in failures["metadata"]


def test_metadata_of_another_model_are_refused(app_model: Path) -> None:
    model = read_model(app_model)
    app_model.write_bytes(pack_model(model.graph, replace(model.contract, name="renamed")))
    assert "'brightness', the contract 'renamed'" in list_failures(app_model)["metadata"]


def test_a_label_too_few_is_refused(tmp_path: Path, build_graph: Callable[..., bytes]) -> None:
    graph = build_graph(np.zeros((3, SIZE * SIZE * 3), np.float32), [0, 0, 0])
    failures = list_failures(pack(graph, tmp_path / "three.tflite"))
    assert set(failures) == {"labels", "LiteRT"}  # our own runtime refuses it too
    assert failures["labels"].startswith("2 labels for 3 values: real, fake; convert the run again")


def test_a_batch_that_may_be_resized_is_refused(tmp_path: Path, brightness_graph: bytes) -> None:
    model = schema.ModelT.InitFromPackedBuf(brightness_graph)
    subgraph = model.subgraphs[0]
    subgraph.tensors[subgraph.inputs[0]].shapeSignature = np.array([-1, SIZE, SIZE, 3], np.int32)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    failures = list_failures(pack(bytes(builder.Output()), tmp_path / "batch.tflite"))
    assert list(failures) == ["batch of 1"]
    assert "takes [1, 8, 8, 3], resizable, but apps need [1, 8, 8, 3], fixed" in failures["batch of 1"]


def test_a_graph_of_another_size_than_the_contract_is_refused(
    tmp_path: Path, brightness_graph: bytes
) -> None:
    failures = list_failures(pack(brightness_graph, tmp_path / "other.tflite", size=16))
    assert set(failures) == {"batch of 1", "LiteRT"}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
            "does not match its digest",
        ),
        (lambda content: content[:-40], "without an intact fakelens contract"),
        (lambda _: b"no model at all, whatever the name says", "not a TFLite file"),
    ],
)
def test_what_is_no_intact_model_has_no_gates(
    app_model: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    app_model.write_bytes(damage(app_model.read_bytes()))
    with pytest.raises(ModelError, match=said):
        check_app_gates(app_model)


def test_a_file_over_the_limit_is_refused() -> None:
    assert check_size(MOST_BYTES).passed
    result = check_size(MOST_BYTES + 1)
    assert not result.passed
    assert "--int8" in result.figure


def pack(graph: bytes, path: Path, size: int = SIZE) -> Path:
    contract = Contract(name=path.stem, input=InputSpec(size=size))
    path.write_bytes(pack_model(attach_metadata(graph, contract, Io.UINT8), contract))
    return path
