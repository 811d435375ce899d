"""A small residual network (He et al. 2016) without projections: a convolution opens each stage."""

from typing import Any

import tf_keras as keras

from fakelens.train.config import NetworkConfig


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network; `config.stages` are the channels of its stages, with max-pools between.

    A stage is one convolution to its channels, then `config.blocks` residual blocks of two convolutions, the
    first stage one convolution more and no block: at full resolution channels are few and costly.
    """
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    x = layers.GlobalAveragePooling2D(name="mean")(add_stages(image, config))
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    return keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="residual")


def add_stages(x: Any, config: NetworkConfig) -> Any:
    """Return the features [n, height, width, channels] that the stages of `config` make of `x`."""
    layers = keras.layers
    for number, channels in enumerate(config.stages, start=1):
        if number > 1:
            x = layers.MaxPooling2D(name=f"pool{number - 1}")(x)
        x = layers.ReLU(name=f"relu{number}_1")(_convolve(x, channels, f"{number}_1"))
        if number == 1:
            x = layers.ReLU(name=f"relu{number}_2")(_convolve(x, channels, f"{number}_2"))
            continue
        for block in range(config.blocks):
            first, second = 2 * block + 2, 2 * block + 3
            y = layers.ReLU(name=f"relu{number}_{first}")(_convolve(x, channels, f"{number}_{first}"))
            y = _convolve(y, channels, f"{number}_{second}")
            x = layers.ReLU(name=f"relu{number}_{second}")(layers.Add(name=f"add{number}_{second}")([x, y]))
    return x


def _convolve(x: Any, channels: int, name: str) -> Any:
    x = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"conv{name}")(x)
    return keras.layers.BatchNormalization(name=f"norm{name}")(x)
