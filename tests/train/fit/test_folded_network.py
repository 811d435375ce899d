import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

import tensorflow as tf
import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.fit.folded_network import fold_network
from fakelens.train.networks import build_network

IMAGES = np.random.default_rng(0).random((4, 32, 32, 3), np.float32)


def build_lite0() -> keras.Model:
    """Blocks with and without expansion and shortcut, at two sizes, with norms that do something."""
    keras.utils.set_random_seed(0)
    config = NetworkConfig(name="lite0", cut=3, levels=(2,), half=True, dropout=0.5)
    model = build_network(config, None)
    generator = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 1.5, array.shape) for array in layer.get_weights()])
    return keras.Model(model.input, model.layers[-2].input)


def test_a_folded_network_makes_the_same_of_images() -> None:
    network = build_lite0()
    run = fold_network(network, tf.float32)
    assert run is not None
    expected = network(IMAGES, training=False).numpy()
    assert expected.std() > 0.01
    np.testing.assert_allclose(run(tf.constant(IMAGES)).numpy(), expected, atol=1e-5)
    about = fold_network(network, tf.bfloat16)
    assert about is not None
    rounded = about(tf.constant(IMAGES)).numpy()
    assert 0 < np.abs(rounded - expected).max() < 0.05 * expected.max()
    for layer in network.layers:
        layer.set_weights([0 * array for array in layer.get_weights()])
    np.testing.assert_allclose(run(tf.constant(IMAGES)).numpy(), expected, atol=1e-5)


def test_a_bias_and_valid_borders_are_kept() -> None:
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="valid", bias_initializer="ones")(image)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    network = keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))
    run = fold_network(network, "float32")
    assert run is not None
    expected = network(IMAGES, training=False).numpy()
    np.testing.assert_allclose(run(tf.constant(IMAGES)).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("odd", ["layer", "activation", "alone", "shared", "bound", "first"])
def test_what_cannot_be_folded_is_left_to_keras(odd: str) -> None:
    layers = keras.layers
    image = keras.Input((None, None, 3))
    x = layers.BatchNormalization()(image) if odd == "first" else image
    x = before = layers.Conv2D(4, 3, activation="relu" if odd == "activation" else None)(x)
    if odd != "alone":
        x = layers.BatchNormalization()(x)
    if odd == "layer":
        x = layers.UpSampling2D(2)(x)
    x = layers.ReLU(max_value=3.0 if odd == "bound" else 6.0)(x)
    if odd == "shared":
        x = layers.Add()([x, before])
    network = keras.Model(image, layers.GlobalAveragePooling2D()(x))
    assert fold_network(network, "float32") is None
