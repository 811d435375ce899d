"""Constants folded into the weights at the end of training, exactly and without an extra op.

After `fold_input_scale` a model takes raw RGB bytes; after `fold_calibration` its probabilities are
calibrated. In a quantization-aware model the ranges that belong to the weights move with them.
"""

from collections.abc import Sequence
from typing import Any

import tf_keras as keras

BYTE_SCALE = 1 / 255

_INPUT_RANGE = (("_min", 0.0), ("_max", 255.0))


def fold_input_scale(model: Any) -> None:
    """Make `model`, trained on 0..1, take 0..255: conv(x / 255, K) = conv(x, K / 255).

    Raises `ValueError` where the image does not go straight into one convolution.
    """
    # What only averages pixels, or interpolates between them, leaves the scale to the convolution behind it.
    before = (keras.layers.InputLayer, keras.layers.AveragePooling2D, keras.layers.UpSampling2D)
    layers = [layer for layer in model.layers if not isinstance(layer, before)]
    if _inner(layers[0]).__class__.__name__ == "QuantizeLayer":
        for ending, value in _INPUT_RANGE:
            for variable in layers[0].weights:
                if _short_name(variable).endswith(ending):
                    variable.assign(value)
        layers = layers[1:]
    stem = layers[0]
    if not isinstance(_inner(stem), keras.layers.Conv2D):
        raise ValueError(f"the first layer is {stem.name}, a linear convolution is needed to hold the scale")
    _scale(stem, ("kernel",), BYTE_SCALE)


def fold_calibration(model: Any, temperature: float, bias: float) -> None:
    """Make the logit of P(fake) of `model` `logit / temperature + bias`, inside its last dense layer.

    Half of `bias` goes to the logit of fake, half off that of real.
    """
    dense = [layer for layer in model.layers if isinstance(_inner(layer), keras.layers.Dense)]
    if not dense:
        raise ValueError("the network has no dense layer that gives the logits")
    _scale(dense[-1], ("kernel", "bias", "post_activation"), 1 / temperature)
    half = bias / 2
    for variable in dense[-1].weights:
        match _short_name(variable):
            case "bias":
                variable.assign_add([-half, half])
            case "post_activation_min":
                variable.assign_sub(abs(half))
            case "post_activation_max":
                variable.assign_add(abs(half))


def _scale(layer: Any, beginnings: Sequence[str], factor: float) -> None:
    for variable in layer.weights:
        if _short_name(variable).startswith(tuple(beginnings)):
            variable.assign(variable * factor)


def _short_name(variable: Any) -> str:
    return str(variable.name).split("/")[-1].split(":")[0]


def _inner(layer: Any) -> Any:
    """Return the layer inside a quantization wrapper, or the layer itself."""
    return getattr(layer, "layer", layer)
