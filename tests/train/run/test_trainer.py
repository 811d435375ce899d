import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image

from fakelens.benchmarks.metrics import roc_auc
from fakelens.edge_runtime.errors import ConfigError, RunError, UsageError
from fakelens.edge_runtime.modelfile.contract import contract_from_json
from fakelens.train.fit.loop import predict
from fakelens.train.run.job import derive_job, open_job, reopen_job
from fakelens.train.run.trainer import TrainResult, describe_result, run_job
from fakelens.train.settings import load_config
from tests.train.conftest import write_images

CONFIG = load_config(
    None,
    {
        "name": "tiny",
        "data.size": 16,
        "data.validation": 0.25,
        "network.name": "classic",
        "network.width": 4,
        "fit.epochs": 12,
        "fit.batch_size": 16,
        "fit.ema": 0.9,
        "fit.learning_rate": 1e-2,
        "prune.sparsity": 0.5,
        "prune.epochs": 3,
        "qat.enabled": True,
        "qat.epochs": 2,
    },
)


def write_data(folder: Path) -> Path:
    write_images(folder / "real", 40, 90, 1)
    write_images(folder / "fake", 40, 165, 2)
    return folder


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    folder = tmp_path_factory.mktemp("trainer")
    return run_job(open_job(write_data(folder / "data"), folder / "run", CONFIG))


def test_the_run_directory_holds_what_convert_needs(result: TrainResult) -> None:
    record = json.loads((result.run / "run.json").read_text())
    contract = contract_from_json(json.dumps(record["contract"]))
    assert record["quantization_aware"] is True
    assert contract.input.size == 16
    assert contract.training.sparsity == pytest.approx(0.5, abs=0.02)
    assert contract.training.data[0].images == 80
    with np.load(result.run / "validation.npz") as validation:
        assert set(validation["labels"]) == {0, 1}
        assert validation["images"].shape[1:] == (16, 16, 3)
    for label in ("real", "fake"):
        pictures = list((result.run / "calibration" / label).glob("*.png"))
        assert pictures
        with Image.open(pictures[0]) as picture:
            assert picture.size == (16, 16)
    assert (result.run / "model.h5").is_file()
    assert (result.run / "float.h5").is_file()


@pytest.mark.parametrize("head", [{"fit.probe": 0.1}, {"network.hidden": 16, "head.batch_size": 16}])
def test_a_head_alone_is_a_run(head: dict[str, object], tmp_path: Path) -> None:
    settings: dict[str, object] = {
        "data.size": 32,
        "data.validation": 0.25,
        "network.name": "lite0",
        "network.cut": 2,
        "network.half": True,
        "fit.epochs": 0,
        "fit.warmup_epochs": 0,
        "fit.alike": 0.5,
        "head.epochs": 60,
        "head.learning_rate": 0.01,
        **head,
    }
    result = run_job(open_job(write_data(tmp_path / "data"), tmp_path / "run", load_config(None, settings)))
    assert result.validation.auc.value > 0.9
    with np.load(result.run / "validation.npz") as kept:  # what was handed over answers as it was measured
        p_fake = predict(keras.models.load_model(result.run / "model.h5", compile=False), kept["images"])
        assert roc_auc(kept["labels"], p_fake) == pytest.approx(result.validation.auc.value)
    record = json.loads((result.run / "run.json").read_text())
    assert record["history"]["float"] == []
    assert (result.run / "checkpoints" / "float.npz").is_file()  # what a start, or pruning, goes on from
    page = (result.run / "report.html").read_text()
    assert 'alt="roc"' in page
    assert 'alt="loss' not in page


def test_the_verdict_comes_first(result: TrainResult) -> None:
    sentence = result.outcome.sentence
    assert list(describe_result(result))[-1] == f"{sentence}; {result.run / 'report.html'}"
    body = (result.run / "report.html").read_text().split("<main>")[1]
    assert re.sub(r"<[^>]+>", "", body).lstrip().startswith(sentence.partition("; ")[0])
    record = json.loads((result.run / "run.json").read_text())
    outcome = result.outcome
    assert record["outcome"] == {
        "learned": outcome.learned,
        "doubtful": outcome.is_doubtful,
        "sentence": sentence,
    }


def test_the_record_says_what_was_measured_on_what(result: TrainResult) -> None:
    record = json.loads((result.run / "run.json").read_text())
    assert record["metrics"]["validation"]["n"] == sum(record["data"]["splits"]["val"])
    assert record["metrics"]["test"]["n"] == sum(record["data"]["splits"]["test"])
    assert [len(record["history"][stage]) for stage in ("float", "prune", "qat")] == [12, 3, 2]


def test_the_report_is_for_everybody(result: TrainResult, find_faults: Callable[[Path], list[str]]) -> None:
    assert find_faults(result.run / "report.html") == []


def test_the_report_needs_no_other_file(result: TrainResult) -> None:
    page = (result.run / "report.html").read_text()
    for source in re.findall(r'(?:src|href)="([^"]{0,30})', page):
        assert source.startswith("data:image/png;base64,")
    for plot in ("loss-float", "loss-qat", "confusion", "roc", "reliability", "scores"):
        assert (f'alt="{plot}"' in page) != (plot == "confusion")  # which is a table
        assert (result.run / "plots" / f"{plot}.png").is_file()


def test_the_resolved_configuration_reproduces_the_run(result: TrainResult) -> None:
    assert load_config(str(result.run / "config.toml"), {"recipe": ""}) == CONFIG


def test_a_finished_run_is_not_trained_again(result: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="finished"):
        reopen_job(result.run)
    with pytest.raises(UsageError, match="exists already"):
        open_job(tmp_path, result.run, CONFIG)


def test_a_derived_run_trains_the_float_weights_no_further(result: TrainResult, tmp_path: Path) -> None:
    given = {"prune.sparsity": 0.0, "qat.enabled": False}
    plain = run_job(derive_job(result.run, tmp_path / "plain", given))
    record, parent = (json.loads((run / "run.json").read_text()) for run in (plain.run, result.run))
    assert list(record["history"]) == ["float"]
    assert record["history"]["float"] == parent["history"]["float"]
    assert record["contract"]["training"]["sparsity"] == 0
    assert record["quantization_aware"] is False
    given = {"prune.sparsity": 0.75, "prune.epochs": 2, "qat.enabled": False}
    pruned = run_job(derive_job(result.run, tmp_path / "pruned", given))
    assert all(layer.share == pytest.approx(0.75, abs=0.03) for layer in pruned.sparsity)


def test_resuming_nothing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run to go on from"):
        reopen_job(tmp_path)


def test_resuming_takes_no_other_data_or_settings(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    job = open_job(data, tmp_path / "run", CONFIG)
    assert reopen_job(job.run, data, CONFIG).config == CONFIG
    with pytest.raises(UsageError, match="other settings"):
        reopen_job(job.run, config=replace(CONFIG, seed=9))
    with pytest.raises(UsageError, match="is trained on"):
        reopen_job(job.run, tmp_path)


def test_data_that_changed_meanwhile_are_noticed(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    run = open_job(data, tmp_path / "run", CONFIG).run
    write_images(data / "real", 1, 20, 77)
    with pytest.raises(RunError, match="changed"):
        reopen_job(run)


def test_fewer_images_than_a_batch_train(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    config = load_config(
        None,
        {"data.size": 16, "network.name": "classic", "network.width": 4, "fit.epochs": 1, "data.test": 0.0},
    )
    result = run_job(open_job(data, tmp_path / "run", config))
    assert result.test is None
    assert not (result.run / "float.h5").exists()


def test_a_network_that_cannot_be_built_leaves_no_run(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    weights = tmp_path / "text.h5"
    weights.write_text("no weights")
    config = load_config(
        None, {"data.size": 16, "network.name": "mobilenetv2", "network.weights": str(weights)}
    )
    with pytest.raises(ConfigError, match="cannot be used"):
        run_job(open_job(data, tmp_path / "run", config))
    assert not (tmp_path / "run").exists()


def test_photos_are_trained_on_tiles_and_judged_as_a_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for label, brightness in (("real", 90), ("fake", 165)):
        write_images(tmp_path / "data" / label, 24, brightness, brightness)
    fit = {"data.fit": "tiles", "data.size": 8, "data.tiles": 4, "data.histories": 2, "data.cuts": 2}
    config = load_config(
        None,
        {"name": "photo", "data.validation": 0.25, "network.name": "compact", "network.width": 4}
        | {"fit.epochs": 1, "fit.batch_size": 16, "fit.ema": 0.9, "fit.learning_rate": 1e-2}
        | fit,
    )
    with caplog.at_level(logging.INFO, "fakelens"):
        result = run_job(open_job(tmp_path / "data", tmp_path / "run", config))
    assert "train 16 real, 16 fake\n" in caplog.text
    assert "val   12 real, 12 fake, each picture as it is and recompressed\n" in caplog.text
    contract = contract_from_json(json.dumps(json.loads((result.run / "run.json").read_text())["contract"]))
    assert (contract.input.fit, contract.input.size, contract.input.tiles) == ("tiles", 8, 4)
    assert contract.training.data[0].images == 48
    with np.load(result.run / "validation.npz") as validation:
        assert len(validation["labels"]) == result.validation.n
        assert len(validation["owners"]) == len(validation["images"]) > result.validation.n
    # 12 images, each clean and with a history
    assert (result.validation.n, result.validation.pictures) == (2 * 12, 12)
    assert "n 24 of 12 pictures, as they are and recompressed" in next(describe_result(result))


def test_names_that_are_no_text_are_trained_on_and_reported(tmp_path: Path) -> None:
    data = tmp_path / os.fsdecode(b"d\xe9")
    for name, seed in ((os.fsdecode(b"echt\xe9"), 1), ("falsch", 2)):
        for path in write_images(data / name, 12, 128, seed):  # of one brightness: some are got wrong
            path.rename(path.with_name(os.fsdecode(b"b\xfc-%d.png" % int(path.stem))))
    config = load_config(
        None,
        {
            "data.size": 16,
            "data.layout.real": (os.fsdecode(b"echt\xe9"),),
            "data.layout.fake": ("falsch",),
            "network.name": "classic",
            "network.width": 4,
            "fit.epochs": 1,
        },
    )
    run = run_job(open_job(data, tmp_path / "run", config)).run
    assert "b&#56572;-" in (run / "report.html").read_text()  # as the other pages write such a byte
    record = json.loads((run / "run.json").read_text())
    assert record["contract"]["training"]["data"][0]["name"] == r"d\udce9"
