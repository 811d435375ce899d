"""Constants folded into the weights at the end of training, exactly and without an extra op.

After `fold_input_scale` a model takes raw RGB bytes; after `fold_calibration` its probabilities are
calibrated. In a quantization-aware model the ranges that belong to the weights move with them.
"""

from collections.abc import Sequence
from typing import Any

import tf_keras as keras

BYTE_SCALE = 1 / 255

_INPUT_RANGE = (("_min", 0.0), ("_max", 255.0))
# They average, or interpolate between pixels.
_LINEAR = (keras.layers.AveragePooling2D, keras.layers.UpSampling2D)


def fold_input_scale(model: Any) -> None:
    """Make `model`, trained on 0..1, take 0..255: conv(x / 255, K) = conv(x, K / 255).

    Raises `ValueError` where the image does not go straight into one convolution.
    """
    for layer in model.layers:
        inner = _inner(layer)
        if isinstance(inner, keras.layers.Conv2D):
            _scale(layer, ("kernel",), BYTE_SCALE)
            return
        if inner.__class__.__name__ == "QuantizeLayer":
            for ending, value in _INPUT_RANGE:
                for variable in layer.weights:
                    if _short_name(variable).endswith(ending):
                        variable.assign(value)
        elif isinstance(inner, _LINEAR):  # leaves the scale to the convolution behind it
            _scale(layer, ("output_min", "output_max"), 1 / BYTE_SCALE)
        elif not isinstance(inner, keras.layers.InputLayer):
            break
    raise ValueError(f"{layer.name} comes before any linear convolution, which is needed to hold the scale")


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
