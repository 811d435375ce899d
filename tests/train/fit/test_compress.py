from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras as keras

from fakelens.train.config import PruneConfig, QatConfig, TrainConfig
from fakelens.train.fit.compress import measure_layer_sparsity, overall_sparsity, prune, quantize_aware
from fakelens.train.fit.fold import BYTE_SCALE
from fakelens.train.fit.loop import Examples, Stage, predict
from fakelens.train.networks import build_network
from fakelens.train.settings import load_config

RNG = np.random.default_rng(0)
LABELS = (np.arange(48) % 2).astype(np.uint8)
IMAGES = np.clip(RNG.normal(90 + 75 * LABELS[:, None, None, None], 45, (48, 16, 16, 3)), 0, 255).astype(
    np.uint8
)
EXAMPLES = Examples(
    images=IMAGES,
    labels=LABELS,
    targets=LABELS.astype(np.float32),
    class_weights=np.ones(2, np.float32),
    val_images=IMAGES,
    val_labels=LABELS,
)


@pytest.fixture(scope="module")
def config() -> TrainConfig:
    base = load_config(None, {"data.size": 16, "network.width": 4, "fit.batch_size": 16})
    return replace(base, prune=PruneConfig(sparsity=0.6, epochs=4), qat=QatConfig(enabled=True, epochs=2))


def stage(config: TrainConfig, folder: Path, name: str) -> Stage:
    return Stage(name=name, fit=config.fit, augment=config.augment, seed=0, folder=folder)


@pytest.fixture(scope="module")
def pruned(config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Any:
    keras.utils.set_random_seed(0)
    model = build_network(config.network, config.data.size)
    return prune(model, EXAMPLES, config, stage(config, tmp_path_factory.mktemp("prune"), "prune"))


@pytest.fixture(scope="module")
def quantized(pruned: Any, config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return quantize_aware(pruned, EXAMPLES, config, stage(config, tmp_path_factory.mktemp("qat"), "qat"))


def test_pruning_reaches_the_sparsity_in_every_layer(pruned: Any) -> None:
    layers = measure_layer_sparsity(pruned)
    assert len(layers) == 7
    for layer in layers:
        assert layer.share == pytest.approx(0.6, abs=1 / layer.weights + 0.01)
    assert overall_sparsity(layers) == pytest.approx(0.6, abs=0.02)


def test_the_pruned_model_is_a_plain_one(pruned: Any) -> None:
    assert not [layer.name for layer in pruned.layers if layer.name.startswith("prune_")]
    assert (
        pruned.count_params()
        == build_network(load_config(None, {"network.width": 4}).network, 16).count_params()
    )


def test_quantization_aware_training_keeps_the_zeros(pruned: Any, quantized: Any) -> None:
    before, after = measure_layer_sparsity(pruned), measure_layer_sparsity(quantized)
    assert [layer.weights for layer in after] == [layer.weights for layer in before]
    for one, other in zip(before, after, strict=True):
        assert other.zeros >= one.zeros


def test_activation_ranges_start_from_what_the_float_model_shows(
    pruned: Any, config: TrainConfig, tmp_path: Path
) -> None:
    still = replace(config, qat=QatConfig(enabled=True, epochs=1, learning_rate=1e-8))
    untrained = quantize_aware(pruned, EXAMPLES, still, stage(still, tmp_path, "qat"))
    difference = np.abs(predict(untrained, IMAGES, BYTE_SCALE) - predict(pruned, IMAGES, BYTE_SCALE))
    assert difference.max() < 0.1


def test_no_sparsity_is_measured_in_a_fresh_network(config: TrainConfig) -> None:
    assert overall_sparsity(measure_layer_sparsity(build_network(config.network, 16))) == 0.0
