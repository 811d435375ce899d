import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.train.config import TrainConfig
from fakelens.train.data.epoch import plan_epoch
from fakelens.train.data.layouts import check_apart
from fakelens.train.defaults import find_free
from fakelens.train.fit.checkpoint import StageState, save_state
from fakelens.train.run.job import derive_job, open_job, reopen_job
from fakelens.train.settings import load_config
from fakelens.train.starts.tuning import describe_start
from tests.train.conftest import write_images


def write_weights(run: Path, value: float) -> None:
    best = [np.full(3, value, np.float32)]
    state = StageState(weights=best, average=[], optimizer=[], best=best, losses=[], best_epoch=1, history=[])
    save_state(run / "checkpoints" / "float.npz", state)


@pytest.fixture
def parent(tmp_path: Path, data: Path, config: TrainConfig) -> Path:
    """A run that looks finished."""
    run = open_job(data, tmp_path / "parent", config).run
    write_weights(run, 1.0)
    (run / "run.json").write_text("{}")
    return run


def test_a_derived_run_has_the_weights_data_and_settings_of_its_parent(
    parent: Path, tmp_path: Path, config: TrainConfig
) -> None:
    job = derive_job(parent, tmp_path / "pruned", {"prune.sparsity": 0.5, "name": "pruned"})
    assert (job.config.prune.sparsity, job.config.name) == (0.5, "pruned")
    assert (job.config.fit, job.config.network) == (config.fit, config.network)
    copied, weights = (run / "checkpoints" / "float.npz" for run in (job.run, parent))
    assert copied.read_bytes() == weights.read_bytes()
    assert job.dataset.digest == json.loads((parent / "source.json").read_text())["digest"]
    assert reopen_job(job.run).config == job.config  # so that an interrupted one goes on
    assert not list(tmp_path.glob(".pruned*"))


def test_free_keys_follow_the_data_and_are_kept_when_resumed(tmp_path: Path, data: Path) -> None:
    flags = {"data.size": 16, "fit.patience": 0}
    config, free = load_config(None, flags), find_free(None, flags)
    job = open_job(data, tmp_path / "run", config, free)
    assert (job.config.fit.batch_size, job.config.fit.patience) == (16, 0)
    assert job.config.fit.repeats > 1  # there are fewer than 480 images
    assert reopen_job(job.run, data, config, free).config == job.config
    with pytest.raises(UsageError, match="other settings"):
        reopen_job(job.run, data, config)


@pytest.mark.parametrize(("histories", "start"), [(1, False), (3, False), (3, True)])
def test_the_steps_that_are_announced_are_those_of_an_epoch(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture, histories: int, start: bool
) -> None:
    """Each picture counts as often as it has histories."""
    flags = describe_start("imagenet") if start else {"data.delivered": True, "data.fit": "resize"}
    flags |= {"data.size": 16, "data.histories": histories, "fit.batch_size": 16, "fit.epochs": 3}
    with caplog.at_level(logging.INFO, "fakelens"):
        job = open_job(data, tmp_path / "run", load_config(None, flags), find_free(None, flags))
    images, _ = job.dataset.take(Split.TRAIN)
    assert len(images) == histories * sum(job.dataset.count(Split.TRAIN, label) for label in (0, 1))
    fit = job.config.fit
    losses = np.full(len(images), np.inf, np.float32)
    plan = plan_epoch(losses, fit.batch_size, fit.skip_easy, np.random.default_rng(0), fit.repeats)
    assert f"{fit.epochs} epochs of {len(plan.rows)} steps" in caplog.text


@pytest.mark.parametrize(
    "given", [{"fit.epochs": 9}, {"network.width": 8}, {"seed": 1}, {"data.size": 8}, {"augment.flip": False}]
)
def test_other_float_weights_are_refused(parent: Path, tmp_path: Path, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="trained with other settings"):
        derive_job(parent, tmp_path / "new", given)
    assert not (tmp_path / "new").exists()


def test_a_parent_must_be_finished_have_its_weights_and_its_data(
    parent: Path, tmp_path: Path, data: Path
) -> None:
    with pytest.raises(RunError, match="gone: no such run directory; make one with"):
        derive_job(tmp_path / "gone", tmp_path / "new", {})
    with pytest.raises(UsageError, match="exists already"):
        derive_job(parent, parent, {})
    (parent / "run.json").rename(parent / "run")
    with pytest.raises(RunError, match="not finished"):
        derive_job(parent, tmp_path / "new", {})
    (parent / "run").rename(parent / "run.json")
    write_images(data / "Real", 1, 20, 77)
    with pytest.raises(RunError, match="the images have changed since"):
        derive_job(parent, tmp_path / "new", {})
    write_weights(parent, np.nan)
    with pytest.raises(RunError, match="its training diverged"):
        derive_job(parent, tmp_path / "new", {})
    (parent / "checkpoints" / "float.npz").unlink()
    with pytest.raises(RunError, match=r"float\.npz: missing"):
        derive_job(parent, tmp_path / "new", {})
    assert not (tmp_path / "new").exists()


def test_a_run_among_the_pictures_of_a_class_is_refused(
    parent: Path, data: Path, config: TrainConfig
) -> None:
    for folder in (data / "Real" / "deep" / "run", data / "FAKE"):
        with pytest.raises(UsageError, match="pictures; name a folder beside the data"):
            check_apart(folder, data, config.data.layout)
    run = data / "Real" / "run"
    for begin in (lambda: open_job(data, run, config), lambda: derive_job(parent, run, {"name": "other"})):
        with pytest.raises(UsageError, match="among the real pictures; name a folder beside the data"):
            begin()
    assert not run.exists()
    assert open_job(data, data / "run", config).dataset.digest == reopen_job(data / "run").dataset.digest
