"""A network for local traces: fixed high-pass filters, clamped, then a small residual network.

What gives a generated photo away at native resolution is less its content than how neighbouring pixels
differ: the filters of steganalysis (Fridrich & Kodovsky 2012, Bayar & Stamm 2016) keep that and drop the
content. They are frozen; their answers are clamped to a few grey levels (as SRM truncates), which also
keeps int8 steps fine. The first convolutions see every pixel (no stride, Gragnaniello et al. 2021).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.networks.residual import add_stages

_CLAMP = 16 / 255  # of a residual, full scale is 1
_RELU6_MIDDLE = 3.0  # residuals are shifted there and scaled, so that ReLU6 clamps both sides
# Each is 3x3 and sums to zero: first differences, second differences, and one of both directions. Their
# taps are 127ths, which int8 holds exactly: halves would be a step off, and flat colours come through.
_FILTERS = (
    ((0, 0, 0), (0, -1, 1), (0, 0, 0)),
    ((0, 0, 0), (0, -1, 0), (0, 1, 0)),
    ((0, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((0, 0, 0), (64 / 127, -1, 63 / 127), (0, 0, 0)),
    ((0, 64 / 127, 0), (0, -1, 0), (0, 63 / 127, 0)),
)
_LAPLACIAN = np.array(((-32, 64, -32), (63, -127, 64), (-32, 63, -31))) / 127  # on the mean of the colours


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network; `config.stages` and `config.blocks` are those of `residual`."""
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    kernel, bias = build_filters()
    # In float32 always: bfloat16 rounds off single grey levels, and the taps away from a sum of 0.
    filters = layers.Conv2D(
        kernel.shape[-1], 3, padding="valid", name="highpass", trainable=False, dtype="float32"
    )
    x = layers.ReLU(6.0, name="clamp", dtype="float32")(filters(image))
    filters.set_weights([kernel, bias])  # not by an initializer, which would stand in the model's file
    x = add_stages(x, config)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    return keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="traces")


def build_filters() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return kernel [3, 3, 3, 16] and bias [16]: five filters of each colour, one of all together."""
    planes = [(np.array(plane), colour) for colour in range(3) for plane in _FILTERS]
    kernel = np.zeros((3, 3, 3, len(planes) + 1), np.float32)
    for number, (plane, colour) in enumerate(planes):
        kernel[:, :, colour, number] = plane
    kernel[..., -1] = _LAPLACIAN[:, :, None] / 3
    scale = _RELU6_MIDDLE / _CLAMP
    bias = np.full(kernel.shape[-1], _RELU6_MIDDLE, np.float32)
    # After quantization-aware training, TensorFlow gives equal numbers one scale, that of the first
    # channel: the last one's bias came out as a third. Numbers that differ get a scale each.
    bias[-1] = np.nextafter(bias[-1], np.float32(np.inf))
    return kernel * np.float32(scale), bias
