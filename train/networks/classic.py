"""The textbook chain: convolution, ReLU, pooling, three times; flatten, dense, dense, softmax."""

from typing import Any

import tf_keras as keras

from fakelens.train.config import NetworkConfig

_STAGES = 3


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network; stage i has `width * 2**i` channels."""
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    x = image
    for stage in range(_STAGES):
        x = layers.Conv2D(config.width * 2**stage, 3, padding="same", name=f"conv{stage + 1}")(x)
        x = layers.ReLU(name=f"relu{stage + 1}")(x)
        x = layers.MaxPooling2D(name=f"pool{stage + 1}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(config.width * 4, name="hidden")(x)
    x = layers.ReLU(name="hidden_relu")(x)
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    return keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="classic")
