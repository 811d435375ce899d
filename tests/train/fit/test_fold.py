from typing import Any

import numpy as np
import pytest
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.fit.calibrate import Calibration
from fakelens.train.fit.fold import BYTE_SCALE, fold_calibration, fold_input_scale
from fakelens.train.fit.loop import predict
from fakelens.train.networks import build_network

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), dtype=np.uint8)
IMAGES[0], IMAGES[1] = 0, 255


def build(*, quantized: bool) -> Any:
    keras.utils.set_random_seed(1)
    model = build_network(NetworkConfig(name="compact", width=4), 16)
    if not quantized:
        return model
    model = tfmot.quantization.keras.quantize_model(model)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    images = IMAGES.astype(np.float32) / 255
    model.fit(images, np.arange(16) % 2, epochs=2, batch_size=8, verbose=0)
    for layer in model.layers:  # the input range as training ends it, up to its moving average
        for variable in layer.weights:
            if variable.name.endswith("quantize_layer_min:0"):
                variable.assign(0.0)
            if variable.name.endswith("quantize_layer_max:0"):
                variable.assign(1.0)
    return model


@pytest.fixture(scope="module", params=[False, True], ids=["float", "quantized"])
def built(request: pytest.FixtureRequest) -> tuple[Any, list[Any], Any, bool]:
    """A network, the weights that each test puts back first, and its answers with them."""
    model = build(quantized=request.param)
    return model, model.get_weights(), predict(model, IMAGES, BYTE_SCALE), request.param


def test_the_folded_model_takes_raw_bytes(built: tuple[Any, list[Any], Any, bool]) -> None:
    model, weights, before, quantized = built
    model.set_weights(weights)
    fold_input_scale(model)
    np.testing.assert_allclose(predict(model, IMAGES), before, atol=2e-3 if quantized else 1e-5)


@pytest.mark.parametrize("bias", [-0.8, 0.0, 0.8])
def test_the_folded_calibration_scales_and_shifts_the_logit(
    built: tuple[Any, list[Any], Any, bool], bias: float
) -> None:
    model, weights, before, quantized = built
    model.set_weights(weights)
    fold_calibration(model, 2.5, bias)
    after = predict(model, IMAGES, BYTE_SCALE)
    expected = Calibration(temperature=2.5, bias=bias).apply(before)
    np.testing.assert_allclose(after, expected, atol=4e-3 if quantized else 1e-5)


def test_a_network_that_cannot_hold_the_scale_is_refused() -> None:
    image = keras.Input((8, 8, 3))
    x = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    with pytest.raises(ValueError, match="linear convolution"):
        fold_input_scale(keras.Model(image, keras.layers.Softmax()(x)))
