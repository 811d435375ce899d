"""Weights rounded for the calibration images, on real converter graphs."""

import numpy as np
import numpy.typing as npt
import pytest
import tf_keras as keras
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.finish import load_interpreter
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.rounding import measure_error, round_rows
from fakelens.convert.tflite import convert_network, quantize_network
from tests.convert.conftest import make_bright_images

SIZE = 24


@pytest.fixture(scope="module")
def images() -> npt.NDArray[np.uint8]:
    return make_bright_images(80, SIZE)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Layers that see two sizes; half of a kernel is zero, and it sees no brightness."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(16, 3, 2, "same", activation="relu", name="first")(image)
    x = layers.DepthwiseConv2D(5, padding="same", name="depthwise")(x)
    x = layers.Conv2D(16, 1, activation="relu", name="pointwise")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Concatenate()([x, keras.Model(image, x).call(layers.AveragePooling2D(2)(image))])
    model = keras.Model(image, layers.Dense(2, activation="softmax", name="logits")(x))
    first = model.get_layer("first")
    kernel, bias = first.get_weights()
    kernel -= kernel.mean(axis=(0, 1), keepdims=True)
    kernel[..., :8] *= np.random.default_rng(2).random(kernel[..., :8].shape) < 0.5
    first.set_weights([kernel, bias])
    return model


def measure_change(graph: bytes, exact: npt.NDArray[np.float32], images: npt.NDArray[np.uint8]) -> float:
    """Return the root mean square of P(fake) by `graph` less the `exact` one."""
    p_fake = load_interpreter(graph, 1).predict(images)[:, 1]
    return float(np.sqrt(np.mean((p_fake - exact) ** 2)))


def test_the_answers_come_nearer_to_those_of_the_network(
    network: keras.Model, images: npt.NDArray[np.uint8]
) -> None:
    exact = network(images.astype(np.float32)).numpy()[:, 1]
    plain = convert_network(network, Quantization.INT8, Io.UINT8, images[:40])
    rounded = quantize_network(network, Io.UINT8, images[:40])
    before, after = (measure_change(graph, exact[40:], images[40:]) for graph in (plain, rounded))
    assert after < 0.8 * before
    assert len(rounded) < len(plain) + 600  # the same weights, other numbers; a few biases more


def test_zeros_stay_zeros_and_steps_stay_steps(network: keras.Model, images: npt.NDArray[np.uint8]) -> None:
    plain = convert_network(network, Quantization.INT8, Io.UINT8, images[:40])
    rounded = quantize_network(network, Io.UINT8, images[:40])
    kernel = network.get_layer("first").get_weights()[0].transpose(3, 0, 1, 2)
    found = 0
    for (before, old_steps), (after, new_steps) in zip(
        _read_kernels(plain), _read_kernels(rounded), strict=True
    ):
        np.testing.assert_array_equal(old_steps, new_steps)
        if before.shape == kernel.shape:
            found += 1
            assert not after[kernel == 0].any()
            assert (before != after).any()
    assert found == 1  # one for both sizes


def test_weights_of_two_sizes_lie_in_the_file_once(
    network: keras.Model, images: npt.NDArray[np.uint8]
) -> None:
    """A bias far above its weights takes a larger step of them, which hangs on the inputs of each size."""
    layer = network.get_layer("pointwise")
    kept = layer.get_weights()
    kernel, bias = (part.copy() for part in kept)
    kernel[..., :4] *= 1e-4
    bias[:4] = 200
    layer.set_weights([kernel, bias])
    try:
        exact = network(images.astype(np.float32)).numpy()[:, 1]
        plain = convert_network(network, Quantization.INT8, Io.UINT8, images[:40])
        rounded = quantize_network(network, Io.UINT8, images[:40])
    finally:
        layer.set_weights(kept)
    assert [len(_find_buffers(graph, kernel.size)) for graph in (plain, rounded)] == [2, 1]
    before, after = (measure_change(graph, exact[40:], images[40:]) for graph in (plain, rounded))
    assert after < before


def test_correlated_inputs_share_the_error_of_rounding() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(5, 1, (500, 1)) + rng.normal(0, 0.1, (500, 9))
    second = inputs.T @ inputs / len(inputs)
    rows, steps = rng.normal(0, 0.4, (20, 9)), np.full(20, 0.05)
    whole = round_rows(rows, steps, second)
    nearest = np.rint(rows / steps[:, None])
    assert whole.dtype == np.int8
    before, after = (measure_error(rows, part * steps[:, None], second) for part in (nearest, whole))
    assert after.mean() < before.mean() / 5


def _read_kernels(graph: bytes) -> list[tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]]:
    """Return values and steps of the kernels of convolutions."""
    model = schema.ModelT.InitFromPackedBuf(graph, 0)
    found = []
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if tensor.type == schema.TensorType.INT8 and data is not None and len(tensor.shape) == 4:
            values = np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.int8).reshape(tensor.shape)
            found.append((values, np.asarray(tensor.quantization.scale)))
    return found


def _find_buffers(graph: bytes, size: int) -> list[int]:
    """Return the buffers of `size` bytes."""
    model = schema.ModelT.InitFromPackedBuf(graph, 0)
    return [at for at, part in enumerate(model.buffers) if part.data is not None and len(part.data) == size]
