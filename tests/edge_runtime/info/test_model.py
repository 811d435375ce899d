"""`fakelens info` tells what a file holds, and refuses in one line what is no fakelens model."""

import gzip
import hashlib
import json
from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, DataSource, InputSpec, Measurement, Training
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model
from tests.conftest import Fakelens


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tensors = []
    for name in (b"image", b"p"):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, [1, 8, 8, 3], schema.TensorType.UINT8
        tensors.append(tensor)
    operator, code, subgraph, model = (
        schema.OperatorT(),
        schema.OperatorCodeT(),
        schema.SubGraphT(),
        schema.ModelT(),
    )
    operator.inputs, operator.outputs = [0], [1]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RELU
    subgraph.tensors, subgraph.inputs, subgraph.outputs, subgraph.operators = tensors, [0], [1], [operator]
    model.version, model.subgraphs, model.operatorCodes, model.buffers = (
        3,
        [subgraph],
        [code],
        [schema.BufferT()],
    )
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    contract = Contract(
        name="sample",
        description="An [odd] description.",
        limits="Sees small images alone.",
        input=InputSpec(size=8),
        training=Training(
            data=(DataSource(name="set", digest="0" * 64, images=10),), quantization="int8", sparsity=0.6
        ),
        measured=(
            Measurement(metric="accuracy", value=0.9, low=0.8, high=0.95, n=50, data="set", split="test"),
        ),
    )
    path = tmp_path_factory.mktemp("models") / "sample.tflite"
    path.write_bytes(pack_model(bytes(builder.Output()), contract))
    return path


def test_json_is_one_object_with_everything(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("info", model_file, "--json")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    found = json.loads(done.stdout)
    content = model_file.read_bytes()
    assert found["size_bytes"] == len(content)
    assert found["gzip_bytes"] == len(gzip.compress(content, 9, mtime=0))
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert found["contract"]["name"] == "sample"
    assert found["contract"]["measured"][0]["value"] == 0.9
    assert found["graph"]["ops"] == {"RELU": 1}
    assert found["graph"]["input"]["type"] == "uint8"


def test_text_names_contract_card_ops_and_sizes(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("info", model_file)
    assert done.returncode == 0
    size = f"{model_file.stat().st_size:,} bytes, gzip"
    digest = hashlib.sha256(model_file.read_bytes()).hexdigest()
    for part in (
        digest,
        "sample",
        "[odd]",
        "Sees small images",
        "1 RELU",
        "60.0% zeros",
        "0.8000 to 0.9500",
        size,
    ):
        assert part in done.stdout


def test_a_note_of_the_card_stands_once_below_it_and_metrics_are_whole(fakelens: Fakelens) -> None:
    contract = Detector(DEFAULT_MODEL).contract
    lines = fakelens("info", DEFAULT_MODEL).stdout.splitlines()
    for row in contract.measured:
        assert any(row.metric in line and f"{row.low:.4f} to {row.high:.4f}" in line for line in lines)
    for note in {row.note for row in contract.measured if row.note}:
        assert " ".join(line.strip() for line in lines).count(note) == 1
    assert max(map(len, lines)) <= 80


def test_the_digest_of_a_release_model_is_whole_in_a_line_of_80_characters(fakelens: Fakelens) -> None:
    digest = hashlib.sha256(find_model(DEFAULT_MODEL).read_bytes()).hexdigest()
    assert digest in fakelens("info", DEFAULT_MODEL).stdout


def test_a_foreign_truncated_or_missing_file_is_one_line_and_exit_2(
    fakelens: Fakelens, model_file: Path, tmp_path: Path
) -> None:
    content = model_file.read_bytes()
    foreign, truncated, text = (tmp_path / name for name in ("foreign", "truncated", "text"))
    foreign.write_bytes(content[: content.index(b"PK\x03\x04")])
    truncated.write_bytes(content[:-40])
    text.write_text("hello, I am no model, whatever my name says")
    for path in (foreign, truncated, text, tmp_path / "missing", tmp_path):
        done = fakelens("info", path)
        assert done.returncode == 2, path
        assert done.stdout == ""
        assert done.stderr.startswith("fakelens: ")
        assert done.stderr.strip().count("\n") == 0


def test_the_path_alone(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("info", model_file, "--path")
    assert (done.returncode, done.stdout) == (0, f"{model_file}\n")
    refused = fakelens("info", model_file, "--path", "--json")
    assert refused.returncode == 2
    assert refused.stderr == "fakelens: --path prints one line: leave out --app and --json\n"
