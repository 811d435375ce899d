"""Batch norm over all processes that train together."""

from typing import Any

import tf_keras as keras


def synchronize_norms(model: Any) -> Any:
    """Return a copy of `model` whose batch norms take the statistics of the batch of all processes."""

    def copy_layer(layer: Any) -> Any:
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = True
        return type(layer).from_config(config)

    copied = keras.models.clone_model(model, clone_function=copy_layer)
    copied.set_weights(model.get_weights())
    for layer, own in zip(copied.layers, model.layers, strict=True):
        layer.trainable = own.trainable
    return copied
