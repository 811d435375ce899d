import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.benchmarks.labelled import Split
from fakelens.train.config import TrainConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.data.loss_weights import class_weights
from fakelens.train.fit.checkpoint import StageState, load_state
from fakelens.train.fit.fold import BYTE_SCALE
from fakelens.train.fit.loop import Examples, Stage, fit_stage, predict
from fakelens.train.networks import build_network


@pytest.fixture
def examples(data: Path, config: TrainConfig) -> Examples:
    dataset = load_dataset(data, config.data)
    images, labels = dataset.take(Split.TRAIN)
    val_images, val_labels = dataset.take(Split.VAL)
    return Examples(
        images=images,
        labels=labels,
        targets=labels.astype(np.float32),
        class_weights=class_weights(labels),
        val_images=val_images,
        val_labels=val_labels,
    )


class InterruptedRunError(Exception):
    pass


def train(config: TrainConfig, examples: Examples, folder: Path, stop_after: int | None = None) -> StageState:
    keras.utils.set_random_seed(config.seed)
    model = build_network(config.network, config.data.size)
    done = 0

    def interrupt() -> None:
        nonlocal done
        done += 1
        if stop_after is not None and done > stop_after:
            raise InterruptedRunError

    stage = Stage(
        name="float", fit=config.fit, augment=config.augment, seed=0, folder=folder, after_epoch=interrupt
    )
    return fit_stage(model, examples, stage)


def test_it_learns(tmp_path: Path, config: TrainConfig, examples: Examples) -> None:
    state = train(replace(config, fit=replace(config.fit, epochs=40, learning_rate=1e-2)), examples, tmp_path)
    assert state.history[-1].loss < state.history[0].loss
    assert max(epoch.val_accuracy for epoch in state.history) > 0.9


def test_a_resumed_run_ends_as_an_uninterrupted_one(
    tmp_path: Path, config: TrainConfig, examples: Examples
) -> None:
    whole = train(config, examples, tmp_path / "whole")
    with pytest.raises(InterruptedRunError):  # in the third epoch, after its steps
        train(config, examples, tmp_path / "parts", stop_after=2)
    assert load_state(tmp_path / "parts" / "float.npz").epochs_done == 2
    resumed = train(config, examples, tmp_path / "parts")
    assert len(resumed.history) == len(whole.history)
    assert resumed.best_epoch == whole.best_epoch
    for one, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(resumed.average, whole.average, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_ctrl_c_while_an_epoch_is_judged_loses_nothing_of_it(
    tmp_path: Path, config: TrainConfig, examples: Examples
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    model = build_network(config.network, config.data.size)
    stage = Stage(
        name="float",
        fit=config.fit,
        augment=config.augment,
        seed=0,
        folder=tmp_path,
        after_epoch=lambda: signal.raise_signal(signal.SIGINT),
    )
    try:
        with pytest.raises(KeyboardInterrupt):
            fit_stage(model, examples, stage)
    finally:
        signal.signal(signal.SIGINT, before)
    assert load_state(stage.checkpoint).epochs_done == 1


def test_a_resumed_run_remembers_which_images_are_easy(
    tmp_path: Path, config: TrainConfig, examples: Examples
) -> None:
    fit = replace(config.fit, epochs=5, skip_easy=0.5, skip_until=1.0)
    config = replace(config, fit=fit)
    whole = train(config, examples, tmp_path / "whole")
    assert np.isfinite(whole.losses[0]).all()
    with pytest.raises(InterruptedRunError):
        train(config, examples, tmp_path / "parts", stop_after=3)
    resumed = train(config, examples, tmp_path / "parts")
    np.testing.assert_allclose(resumed.losses[0], whole.losses[0], rtol=1e-3, atol=1e-4)
    for one, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_model_ends_with_the_best_epoch(tmp_path: Path, config: TrainConfig, examples: Examples) -> None:
    model = build_network(config.network, config.data.size)
    fit = replace(config.fit, epochs=6, learning_rate=0.3, warmup_epochs=0.0)  # jumps about on purpose
    stage = Stage(name="float", fit=fit, augment=config.augment, seed=0, folder=tmp_path)
    state = fit_stage(model, examples, stage)
    losses = [epoch.val_loss for epoch in state.history]
    assert state.best_epoch == int(np.argmin(losses)) + 1
    p_fake = predict(model, examples.val_images, BYTE_SCALE)
    accuracy = ((p_fake >= 0.5) == examples.val_labels).mean()
    assert accuracy == pytest.approx(state.history[state.best_epoch - 1].val_accuracy)


def test_training_stops_early_without_progress(
    tmp_path: Path, config: TrainConfig, examples: Examples
) -> None:
    fit = replace(config.fit, epochs=50, patience=2, learning_rate=1e-8, warmup_epochs=0.0, ema=0.0)
    noise = replace(examples, val_labels=1 - examples.val_labels)
    model = build_network(config.network, config.data.size)
    stage = Stage(name="float", fit=fit, augment=config.augment, seed=0, folder=tmp_path)
    assert len(fit_stage(model, noise, stage).history) < 50


def test_a_tensorboard_log_is_written(tmp_path: Path, config: TrainConfig, examples: Examples) -> None:
    train(replace(config, fit=replace(config.fit, epochs=1)), examples, tmp_path)
    assert list((tmp_path / "tensorboard" / "float").glob("events.out.tfevents.*"))
