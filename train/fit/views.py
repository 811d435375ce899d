"""Test-time augmentation inside the graph: one answer to an image and its near twins together."""

from typing import Any

import tensorflow as tf
import tf_keras as keras


def average_views(model: Any, views: int) -> Any:
    """Return `model`, a flat graph ending in a softmax, over the mean logits of `views` (see `config.VIEWS`).

    Same input and output, same weights (they are shared), `views` times the arithmetic.
    """
    if views == 1:
        return model
    layers = keras.layers
    logits = keras.Model(model.input, model.layers[-2].output)
    image = keras.Input(model.input_shape[1:], name="image")
    seen = [image, image[:, :, ::-1]]
    if views == 4:
        seen += [_move(view, f"moved{number}") for number, view in enumerate(seen, start=1)]
    # `call`, not `()`: each layer is applied anew, so that the graph stays flat.
    answers = tf.split(logits.call(layers.Concatenate(axis=0, name="views")(seen)), views)
    mean = layers.Average(name="mean_logits")(answers)
    return keras.Model(image, layers.Softmax(name="probabilities")(mean), name=model.name)


def _move(view: Any, name: str) -> Any:
    """Move `view` up and left by a pixel, its last row and column standing twice."""
    concatenate = keras.layers.Concatenate
    down = concatenate(axis=1, name=f"{name}_up")([view[:, 1:], view[:, -1:]])
    return concatenate(axis=2, name=f"{name}_left")([down[:, :, 1:], down[:, :, -1:]])
