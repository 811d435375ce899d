"""The linear probe that a head begins with."""

from dataclasses import replace

import numpy as np
import pytest
import tf_keras as keras

from fakelens.benchmarks.metrics import roc_auc
from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import NetworkConfig
from fakelens.train.fit.loop import Examples, predict
from fakelens.train.fit.probe import probe_head
from fakelens.train.networks import build_network
from fakelens.train.settings import load_config

SIZE = 32


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Photos are dark, fakes are bright, with much in common; three of four are photos."""
    rng = np.random.default_rng(0)
    labels = (rng.random(200) < 0.25).astype(np.uint8)
    levels = 100 + 60 * labels + rng.normal(0, 20, 200)
    images = np.clip(levels[:, None, None, None] + rng.normal(0, 30, (200, SIZE, SIZE, 3)), 0, 255)
    weights = (len(labels) / (2 * np.bincount(labels))).astype(np.float32)
    return Examples(
        images=images.astype(np.uint8)[:150],
        labels=labels[:150],
        targets=labels[:150].astype(np.float32),
        class_weights=weights,
        val_images=images.astype(np.uint8)[150:],
        val_labels=labels[150:],
    )


@pytest.fixture(scope="module")
def network() -> keras.Model:
    config = NetworkConfig(name="lite0", cut=4, frozen=1, frozen_norms=True, levels=(2,), half=True)
    return build_network(config, SIZE)


def test_the_head_begins_with_a_regression_and_nothing_else_changes(
    examples: Examples, network: keras.Model
) -> None:
    before = [layer.get_weights() for layer in network.layers[:-2]]
    probe_head(network, examples, 0.01)
    p_fake = predict(network, examples.val_images, 1 / 255)
    assert roc_auc(examples.val_labels, p_fake) > 0.95
    assert abs(float(p_fake[examples.val_labels == 0].mean()) - 0.5) > 0.2  # not a constant answer
    for layer, weights in zip(network.layers[:-2], before, strict=True):
        for now, then in zip(layer.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(now, then)


def test_images_count_by_their_weights(examples: Examples, network: keras.Model) -> None:
    fakes = examples.labels == 1
    light = np.where(fakes, 0.01, 1.0).astype(np.float32)
    means = []
    for weights in (None, light):
        probe_head(network, replace(examples, weights=weights), 0.01)
        means.append(float(predict(network, examples.images, 1 / 255).mean()))
    assert means[1] < 0.6 * means[0]  # where fakes weigh nothing, everything is a photo


def test_the_head_sees_the_levels_of_both_sizes_and_norms_keep_what_they_know(network: keras.Model) -> None:
    head = network.get_layer("logits")
    assert head.kernel.shape[0] == 2 * (
        network.get_layer("mean2").get_output_at(0).shape[-1]
        + network.get_layer("mean").get_output_at(0).shape[-1]
    )
    names = [v.name for v in network.trainable_variables]
    assert names
    assert not any("norm" in name or name.startswith(("stem", "block0")) for name in names)


def test_both_sizes_go_through_the_same_layers(network: keras.Model) -> None:
    plain = build_network(NetworkConfig(name="lite0", cut=4, levels=(2,)), SIZE)
    assert network.count_params() - plain.count_params() == 2 * plain.get_layer("logits").input.shape[-1]
    image = np.random.default_rng(0).random((1, SIZE, SIZE, 3), np.float32)
    seen = keras.Model(network.input, network.get_layer("logits").input)(image).numpy()[0]
    flat = keras.Model(network.input, network.get_layer("logits").input)(np.full_like(image, 0.5)).numpy()[0]
    first, second = np.split(seen, 2)
    assert not np.allclose(first, second)
    np.testing.assert_allclose(*np.split(flat, 2), rtol=0.5, atol=0.5)  # but for the borders


def test_levels_lie_before_the_last_block() -> None:
    with pytest.raises(
        ConfigError, match=r"network.levels is \[14\], expected blocks before the last, 1 to 13"
    ):
        load_config(None, {"network.name": "lite0", "network.cut": 14, "network.levels": [14]})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fit.epochs": 0, "fit.warmup_epochs": 0}, "fit.epochs is 0, and nothing else learns"),
        (
            {"network.name": "lite0", "network.half": True, "qat.enabled": True},
            "network.half uses layers twice",
        ),
    ],
)
def test_what_cannot_learn_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(None, settings)
