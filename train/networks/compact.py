"""A small VGG-like network (Simonyan & Zisserman 2014) with batch norm and global average pooling."""

from typing import Any

import tf_keras as keras

from fakelens.train.config import NetworkConfig

_STAGES = 3
_CONVOLUTIONS = 2  # per stage


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network; stage i has `width * 2**i` channels, 73k parameters at width 16."""
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    x = image
    for stage in range(1, _STAGES + 1):
        if stage > 1:
            x = layers.MaxPooling2D(name=f"pool{stage - 1}")(x)
        for step in range(1, _CONVOLUTIONS + 1):
            name = f"{stage}_{step}"
            x = layers.Conv2D(
                config.width * 2 ** (stage - 1), 3, padding="same", use_bias=False, name=f"conv{name}"
            )(x)
            x = layers.BatchNormalization(name=f"norm{name}")(x)
            x = layers.ReLU(name=f"relu{name}")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    return keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="compact")
