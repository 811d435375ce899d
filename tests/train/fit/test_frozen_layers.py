from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.fit import frozen_layers
from fakelens.train.fit.fold import fold_calibration, fold_input_scale
from fakelens.train.fit.frozen_layers import FrozenLayers, find_head
from fakelens.train.fit.loop import predict
from fakelens.train.networks import build_network


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAKELENS_CACHE", str(tmp_path))
    return tmp_path / "features"


def test_a_picture_is_looked_at_once_and_answered_as_the_network_answers(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras.utils.set_random_seed(0)
    network = build_network(NetworkConfig(name="classic", width=4), 16)
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
    images[5] = images[0]
    monkeypatch.setattr(frozen_layers, "_KEPT", 2)
    layers = FrozenLayers(network)
    seen = layers.see(images[:4])
    assert len(list(cache.rglob("*.npz"))) == 2
    np.testing.assert_allclose(layers.answer(network, images), predict(network, images, 1 / 255), atol=1e-6)
    assert len(list(cache.rglob("*.npz"))) == 3
    fold_calibration(network, 3.0, 0.5)  # another head on the same layers
    next(cache.rglob("*.npz")).write_bytes(b"PK")  # damaged: looked at again
    later = FrozenLayers(network)
    np.testing.assert_array_equal(later.see(images[:4]), seen)
    np.testing.assert_allclose(later.answer(network, images), predict(network, images, 1 / 255), atol=1e-6)
    assert len(list(cache.iterdir())) == 1
    network.layers[1].set_weights([2 * array for array in network.layers[1].get_weights()])
    assert np.abs(FrozenLayers(network).see(images[:4]) - seen).max() > 0
    assert find_head(network).units == 2
    assert len(list(cache.iterdir())) == 2


def test_the_layers_are_those_of_the_beginning() -> None:
    network = build_network(NetworkConfig(name="classic", width=4), 16)
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    layers, before = FrozenLayers(network), predict(network, images, 1 / 255)
    fold_input_scale(network)
    np.testing.assert_allclose(layers.answer(network, images), before, atol=1e-6)
    np.testing.assert_allclose(predict(network, images), before, atol=1e-6)  # what was folded is still there
