"""Test-time augmentation inside the graph: the answer is that to the image and its mirror image together."""

from typing import Any

import tensorflow as tf
import tf_keras as keras


def average_mirror(model: Any) -> Any:
    """Return `model`, a flat graph ending in a softmax, over the mean logits of image and mirror image.

    Same input and output, same weights (they are shared), twice the arithmetic.
    """
    layers = keras.layers
    logits = keras.Model(model.input, model.layers[-2].output)
    image = keras.Input(model.input_shape[1:], name="image")
    views = layers.Concatenate(axis=0, name="views")([image, image[:, :, ::-1]])
    # `call`, not `()`: each layer is applied anew, so that the graph stays flat.
    both = tf.split(logits.call(views), 2)
    mean = layers.Average(name="mean_logits")(both)
    return keras.Model(image, layers.Softmax(name="probabilities")(mean), name=model.name)
