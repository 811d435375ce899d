"""From a finished run to a start, and from the start to a run of other pictures, before and after."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.metrics import evaluate
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ConfigError, RunError
from fakelens.edge_runtime.modelfile.contract import Pool
from fakelens.train.config import ImageCache, NetworkConfig, TrainConfig
from fakelens.train.defaults import find_free
from fakelens.train.fit.calibrate import to_logit
from fakelens.train.fit.loop import predict
from fakelens.train.fit.start_network import StartNetwork
from fakelens.train.networks import build_network
from fakelens.train.run.before_after import describe_before_after
from fakelens.train.run.job import open_job
from fakelens.train.run.trainer import describe_result, run_job
from fakelens.train.settings import load_config
from fakelens.train.start_weights import start_weights
from fakelens.train.starts.tuning import describe_start
from tests.conftest import RunModule
from tests.train.conftest import write_images


@pytest.fixture
def start(tmp_path: Path, data: Path, config: TrainConfig, capsys: pytest.CaptureFixture[str]) -> Path:
    run_job(open_job(data, tmp_path / "first", config))
    start_weights(tmp_path / "first", tmp_path / "first.npz")
    assert "classic of first" in capsys.readouterr().out
    return tmp_path / "first.npz"


def test_a_start_goes_on_where_its_run_ended(start: Path, tmp_path: Path, config: TrainConfig) -> None:
    with np.load(start.with_suffix("") / "validation.npz") as validation:
        images, labels = validation["images"], validation["labels"]
    network = StartNetwork(str(start))
    p_fake = network.answer(images)
    assert ((p_fake >= 0.5) == labels).mean() > 0.9
    write_images(tmp_path / "own" / "real", 30, 100, 5)
    write_images(tmp_path / "own" / "fake", 30, 150, 6)
    given = describe_start(str(start)) | {"fit.epochs": 2, "data.size": 16, "data.validation": 0.2}
    job = open_job(tmp_path / "own", tmp_path / "run", load_config(None, given), find_free(None, given))
    result = run_job(replace(job, dataset=replace(job.dataset, cache=ImageCache.DISK)))
    tuned = build_network(job.config.network, 16)
    assert not any(layer.trainable for layer in tuned.layers if "norm" in layer.name)
    # What it knew at its start: the float network of the first run, before anything is learned.
    raw = predict(tuned, images, 1 / 255)
    np.testing.assert_allclose(network.calibration.apply(raw), p_fake, atol=1e-5)
    parts = {part.part: part for part in result.before_after}
    assert set(parts) >= {"val", "test"}
    assert parts["val"].counts == (5, 5)
    assert all(sum(called.values()) == 5 for called in parts["val"].after.called)
    lines = list(describe_result(result))
    assert list(describe_before_after(str(start), result.before_after)) == lines[2:-1]
    assert lines[2] == "first before -> after, at the borders of each"
    doubled = [replace(part, pictures=part.pictures // 2) for part in result.before_after]
    assert next(describe_before_after(str(start), tuple(doubled))).endswith("as they are and recompressed")
    assert lines[3].startswith("val              AUC ")
    record = json.loads((result.run / "run.json").read_text())
    assert [part["part"] for part in record["before_after"]] == list(parts)
    page = (result.run / "report.html").read_text()
    assert "Before and after fine-tuning" in page
    assert "<h1>run</h1>" in page
    given |= {"fit.epochs": 0}
    job = open_job(tmp_path / "own", tmp_path / "head", load_config(None, given), find_free(None, given))
    result = run_job(job)
    model = keras.models.load_model(result.run / "model.h5", compile=False)
    for split, metrics in ((Split.VAL, result.validation), (Split.TEST, result.test)):
        judged = job.dataset.judge(split)
        p_fake = judged.pool(predict(model, job.dataset.take(split)[0]), Pool.MEAN)
        measured = evaluate(judged.labels, p_fake, 0.5)  # of the model that is kept
        assert metrics is not None
        assert measured.ece.value == pytest.approx(metrics.ece.value, abs=1e-5)
        assert measured.auc == metrics.auc
    other = replace(config.network, weights=str(start), width=8)
    with pytest.raises(ConfigError, match="leave the keys of network as --start sets them"):
        build_network(other, 16)


def test_the_start_of_the_package_ranks_pictures_much_as_the_release_model_does() -> None:
    """Their heads differ: that of the start is a line, which few pictures move farther."""
    data = pytest.importorskip("skimage.data", reason="needs the [demo] extra")
    photos = [getattr(data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")]
    patches = np.random.default_rng(0).integers(0, 256, (4, 7, 7, 3), np.uint8)
    pictures = [Image.fromarray(pixels).resize((320, 320), 3) for pixels in (*photos, *patches)]
    images = np.stack([np.asarray(picture) for picture in pictures])
    start, release = StartNetwork("photo").answer(images), Detector("photo").score(images)
    assert np.corrcoef(to_logit(start), to_logit(np.asarray(release)))[0, 1] > 0.5
    tuned = build_network(
        NetworkConfig(name="lite0", weights="photo", cut=13, frozen=10, levels=(11, 12), half=True), 320
    )
    learns = {layer.name.split("_")[0] for layer in tuned.layers if layer.trainable and layer.weights}
    assert learns == {"block10", "block11", "block12", "logits"}


def test_an_unfinished_run_is_no_start(
    run_module: RunModule, data: Path, config: TrainConfig, tmp_path: Path
) -> None:
    open_job(data, tmp_path / "run", config)
    with pytest.raises(RunError, match="not finished"):
        start_weights(tmp_path / "run", tmp_path / "a.npz")
    with pytest.raises(RunError, match="none: no such run directory"):
        start_weights(tmp_path / "none", tmp_path / "a.npz")
    done = run_module("fakelens.train.start_weights", tmp_path / "none", "-o", "a.tflite")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "must end in .npz" in done.stderr
