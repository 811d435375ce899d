"""Two logits in eight bits: as many answers as there can be, and the same ones."""

import numpy as np
import numpy.typing as npt
import pytest
import tf_keras as keras

from fakelens.convert.finish import load_interpreter
from fakelens.convert.logits import center_logits, refine_logits
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.tflite import convert_network, quantize_network
from tests.convert.conftest import make_bright_images

SIZE = 24


@pytest.fixture(scope="module")
def images() -> npt.NDArray[np.uint8]:
    return make_bright_images(5000, SIZE)


def build_network(images: npt.NDArray[np.uint8], shared: float, classes: int = 2) -> keras.Model:
    """Return a network whose logits differ by some -5 to 5, and have `shared` times as much in common."""
    keras.utils.set_random_seed(1)
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(16, 3, 2, activation="relu")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(classes, name="logits")(x)
    seen, network = keras.Model(image, x), keras.Model(image, keras.layers.Softmax()(x))
    logits = seen(images.astype(np.float32)).numpy()
    margin = logits[:, 1] - logits[:, 0]
    layer = network.get_layer("logits")
    kernel, bias = layer.get_weights()
    kernel *= 2.5 / margin.std()
    kernel += shared * np.abs(kernel[:, :1])
    bias[0] += 2.5 * margin.mean() / margin.std()
    layer.set_weights([kernel, bias])
    return network


def answer(graph: bytes, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return load_interpreter(graph, 1).predict(images)[:, 1]


@pytest.mark.parametrize(("shared", "centered"), [(0.0, True), (3.0, False)])
def test_the_answer_has_steps_as_small_as_it_can_show(
    images: npt.NDArray[np.uint8], shared: float, centered: bool
) -> None:
    """Logits of opposite signs move at once, and a shared part widens the steps: both cost answers."""
    network = build_network(images, shared)
    exact = network(images.astype(np.float32)).numpy()[:, 1]
    if centered:
        center_logits(network)
    coarse = answer(convert_network(network, Quantization.INT8, Io.UINT8, images[:64]), images)
    fine = answer(quantize_network(network, Io.UINT8, images[:64]), images)
    np.testing.assert_allclose(network(images.astype(np.float32)).numpy()[:, 1], exact, atol=1e-5)
    assert np.abs(fine - exact).mean() < np.abs(coarse - exact).mean()
    few, many = (np.unique(given[np.abs(given - 0.5) < 0.1]) for given in (coarse, fine))
    assert len(many) > 1.8 * len(few)
    assert np.diff(many).max() <= 2 / 256


def test_what_softmax_does_not_see_costs_nothing(images: npt.NDArray[np.uint8]) -> None:
    answers = [
        answer(quantize_network(build_network(images, shared), Io.UINT8, images[:64]), images)
        for shared in (0.0, 3.0)
    ]
    assert np.abs(answers[0] - answers[1]).max() < 0.02


def test_logits_that_are_not_each_others_negative_stay(images: npt.NDArray[np.uint8]) -> None:
    graph = convert_network(build_network(images, 3.0), Quantization.INT8, Io.UINT8, images[:64])
    assert refine_logits(graph) is graph


def test_float_graphs_and_other_heads_stay(images: npt.NDArray[np.uint8]) -> None:
    network = build_network(images, 0.0)
    center_logits(network)
    graph = convert_network(network, Quantization.FLOAT32, Io.UINT8)
    assert refine_logits(graph) is graph
    three = build_network(images, 0.0, classes=3)
    weights = [part.copy() for part in three.get_layer("logits").get_weights()]
    center_logits(three)
    for before, after in zip(weights, three.get_layer("logits").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    graph = convert_network(three, Quantization.INT8, Io.UINT8, images[:64])
    assert refine_logits(graph) is graph


def test_logits_larger_than_any_answer_shows_still_load(images: npt.NDArray[np.uint8]) -> None:
    """Steps 256 times finer than those of the sums are refused by XNNPACK."""
    network = build_network(images, 0.0)
    layer = network.get_layer("logits")
    layer.set_weights([part * np.float32(1e6) for part in layer.get_weights()])
    given = answer(quantize_network(network, Io.UINT8, images[:64]), images[:200])
    exact = network(images[:200].astype(np.float32)).numpy()[:, 1]
    assert np.mean((given > 0.5) == (exact > 0.5)) > 0.95
