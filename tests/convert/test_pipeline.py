"""Every format converts, answers as Keras does, and is written only when it passes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tf_keras as keras

from fakelens.convert.network import load_network, predict
from fakelens.convert.pipeline import ConvertResult, convert_run
from fakelens.convert.recipes import ConvertConfig, Io, Quantization
from fakelens.convert.run import read_run, read_validation
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.graph import read_graph
from fakelens.edge_runtime.modelfile.interpreter import Interpreter

Array = npt.NDArray[Any]

TOLERANCE = {
    Quantization.FLOAT32: 1e-5,
    Quantization.FLOAT16: 5e-3,
    Quantization.DYNAMIC: 3e-2,
    Quantization.INT8: 8e-2,
}


def keras_scores(path: Path) -> Array:
    run = read_run(path)
    return predict(load_network(run.float_model, run), read_validation(run).images_u8)[:, 1]


def config(run: Path, tmp_path: Path, **changes: object) -> ConvertConfig:
    return replace(ConvertConfig(run=run, output=tmp_path / "model.tflite", max_drop=5.0), **changes)


@pytest.mark.parametrize("io", Io)
@pytest.mark.parametrize("quantization", Quantization)
def test_a_format_takes_raw_bytes_and_answers_as_keras(
    finished_run: Path, tmp_path: Path, quantization: Quantization, io: Io
) -> None:
    result = convert_run(config(finished_run, tmp_path, quantization=quantization, io=io))
    assert result.passed, result.gates
    model = read_model(result.output)
    interpreter = Interpreter(model.graph)
    wanted = "uint8" if io is Io.UINT8 else "float32"
    assert interpreter.input_type == wanted
    assert interpreter.output_type == (wanted if quantization is Quantization.INT8 else "float32")
    assert interpreter.input_shape == (1, 16, 16, 3)
    assert read_graph(model.graph).input.fixed_shape
    images = read_validation(read_run(finished_run)).images_u8
    scores = interpreter.predict(images)[:, 1]
    reference = keras_scores(finished_run)
    assert np.ptp(reference) > 0.8  # a network that tells nothing apart would agree with anything
    assert np.max(np.abs(scores - reference)) <= TOLERANCE[quantization]
    assert model.contract.training.quantization == quantization
    assert model.size_bytes == result.size_bytes == result.output.stat().st_size


@pytest.fixture(scope="module")
def int8_result(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> ConvertResult:
    return convert_run(config(finished_run, tmp_path_factory.mktemp("int8"), name="card"))


def test_int8_takes_bytes_as_they_are_and_has_no_float_op(int8_result: ConvertResult) -> None:
    graph = read_graph(read_model(int8_result.output).graph)
    assert graph.input.scale == pytest.approx(1.0, abs=1e-3)
    assert graph.input.zero_point == 0
    assert graph.float_ops == ()
    assert {kind for kind, _ in graph.constants} <= {"int8", "int32"}


def test_the_same_run_gives_the_same_bytes(
    int8_result: ConvertResult, finished_run: Path, tmp_path: Path
) -> None:
    again = convert_run(config(finished_run, tmp_path, name="card"))
    assert again.output.read_bytes() == int8_result.output.read_bytes()


def test_a_pruned_quantization_aware_run_keeps_its_zeros_and_its_answers(
    finished_qat_run: Path, tmp_path: Path
) -> None:
    result = convert_run(config(finished_qat_run, tmp_path))
    assert result.passed, result.gates
    assert result.contract.training.quantization_aware
    assert result.gzip_bytes < 0.55 * result.size_bytes  # of weights, half are zeros
    scores = Detector(result.output).score(read_validation(read_run(finished_qat_run)).images_u8)
    assert np.mean((scores >= 0.5) == (keras_scores(finished_qat_run) >= 0.5)) >= 0.9


def test_float_formats_of_a_quantization_aware_run_come_from_its_parent(
    finished_qat_run: Path, tmp_path: Path
) -> None:
    result = convert_run(config(finished_qat_run, tmp_path, quantization=Quantization.FLOAT32))
    scores = Detector(result.output).score(read_validation(read_run(finished_qat_run)).images_u8)
    np.testing.assert_allclose(scores, keras_scores(finished_qat_run), atol=1e-5)
    assert not result.contract.training.quantization_aware


def test_the_card_holds_what_this_very_file_scores(int8_result: ConvertResult, finished_run: Path) -> None:
    detector = Detector(int8_result.output)
    sealed = detector.contract
    assert sealed == replace(
        int8_result.contract, graph_sha256=sealed.graph_sha256, members_sha256=sealed.members_sha256
    )
    assert detector.contract.name == "card"
    validation = read_validation(read_run(finished_run))
    right = (detector.score(validation.images_u8) >= 0.5) == (validation.labels == 1)
    accuracy, auc = detector.contract.measured
    assert (accuracy.metric, accuracy.split, accuracy.n) == ("accuracy", "validation", len(right))
    assert accuracy.value == pytest.approx(right.mean())
    assert accuracy.low < accuracy.value < accuracy.high
    assert auc.metric == "auc"
    assert auc.low <= auc.value <= auc.high


def test_what_is_looked_at_twice_counts_once_in_the_intervals_of_the_card(
    finished_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    with np.load(run / "validation.npz") as arrays:
        images, labels = arrays["images"], arrays["labels"]
    labels[:12] = 1 - labels[:12]  # so that there is something to be unsure of
    rows = np.repeat(np.arange(len(labels)), 2)
    cards = []
    for pictures in (rows, np.arange(len(rows))):
        np.savez(run / "validation.npz", images=images[rows], labels=labels[rows], pictures=pictures)
        (tmp_path / "model.tflite").unlink(missing_ok=True)
        cards.append(convert_run(config(run, tmp_path, quantization=Quantization.FLOAT32)).contract.measured)
    (once_accuracy, once_auc), (twice_accuracy, twice_auc) = cards
    assert (once_accuracy.n, twice_accuracy.n) == (len(labels), len(rows))
    assert "each picture as it is and recompressed" in once_accuracy.note
    assert "recompressed" not in twice_accuracy.note
    for once, twice in ((once_accuracy, twice_accuracy), (once_auc, twice_auc)):
        assert once.value == pytest.approx(twice.value)
        assert once.high - once.low > 1.2 * (twice.high - twice.low)  # by the root of two


def test_a_run_that_loses_more_than_max_drop_fails_its_gate_and_writes_nothing(
    lossy_run: Path, tmp_path: Path
) -> None:
    output = tmp_path / "model.tflite"
    output.write_bytes(b"what was there before")
    before = sorted(tmp_path.rglob("*"))
    result = convert_run(config(lossy_run, tmp_path, max_drop=0.5))
    assert [gate.name for gate in result.gates if not gate.passed] == ["accuracy drop"]
    assert output.read_bytes() == b"what was there before"
    assert sorted(tmp_path.rglob("*")) == before
    allowed = convert_run(config(lossy_run, tmp_path, max_drop=100.0))
    assert allowed.passed
    assert read_model(output).contract.measured[0].value < 0.7


def test_a_never_trained_quantization_aware_network_is_refused(
    qat_run: Path, tmp_path: Path, untrained_network: keras.Model
) -> None:
    untrained_network.save(qat_run / "model.h5")
    with pytest.raises(RunError, match=r"input quantizer covers 0 to 0.*train again"):
        convert_run(config(qat_run, tmp_path))
    assert not (tmp_path / "model.tflite").exists()


def test_a_folded_input_range_does_not_hide_that_nothing_was_trained(
    qat_run: Path, tmp_path: Path, untrained_folded_network: keras.Model
) -> None:
    untrained_folded_network.save(qat_run / "model.h5")
    with pytest.raises(RunError, match="was never trained"):
        convert_run(config(qat_run, tmp_path))


def test_a_plain_network_that_claims_to_be_quantization_aware_is_refused(run: Path, tmp_path: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"quantization_aware": True}))
    (run / "float.h5").write_bytes((run / "model.h5").read_bytes())
    with pytest.raises(RunError, match="no input quantizer"):
        convert_run(config(run, tmp_path))


def test_a_damaged_model_file_is_one_line(run: Path, tmp_path: Path) -> None:
    (run / "model.h5").write_bytes((run / "model.h5").read_bytes()[:5000])
    with pytest.raises(RunError, match=r"model\.h5: does not load") as caught:
        convert_run(config(run, tmp_path))
    assert "\n" not in str(caught.value)


def test_a_network_that_diverged_is_told(run: Path, tmp_path: Path) -> None:
    network = keras.models.load_model(run / "model.h5", compile=False)
    network.layers[-1].set_weights(
        [np.full_like(value, np.nan) for value in network.layers[-1].get_weights()]
    )
    network.save(run / "model.h5")
    with pytest.raises(RunError, match="training diverged"):
        convert_run(config(run, tmp_path))


def test_a_network_of_another_size_than_the_contract_says_is_refused(run: Path, tmp_path: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    record["contract"]["input"]["size"] = 24
    (run / "run.json").write_text(json.dumps(record))
    np.savez(run / "validation.npz", images=np.zeros((2, 24, 24, 3), np.uint8), labels=np.uint8([0, 1]))
    with pytest.raises(RunError, match="the contract says 24 px"):
        convert_run(config(run, tmp_path))
