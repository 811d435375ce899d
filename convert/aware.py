"""Quantization-aware training after the fact: a float network learns its own answers again, in eight bits.

Its teacher is the network itself, so no labels are needed and nothing else is learned (after Hinton et al.
2015, and Jacob et al. 2018 for the quantizers).
"""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.edge_runtime.preprocess import ImageU8

_EPOCHS = 30
_BATCH = 32
_RATE = 1e-3
_BYTE_RANGE = {"min": 0.0, "max": 255.0}

_log = logging.getLogger(__name__)


def train_aware(parent: keras.Model, images_u8: ImageU8, seed: int) -> keras.Model | None:
    """Return `parent` with trained quantizers; None where TFMOT has none for one of its layers."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(parent)
    copy.set_weights(parent.get_weights())
    try:
        network = tfmot.quantization.keras.quantize_model(copy)
    except (ValueError, RuntimeError) as error:
        _log.info("no quantization-aware training: %s", str(error).splitlines()[0])
        return None
    images = np.concatenate([images_u8, images_u8[:, :, ::-1]]).astype(np.float32)
    _set_ranges(network, copy, images)
    _freeze_stem(network)
    answers = np.asarray(parent.predict(images, batch_size=_BATCH, verbose=0))
    rate = keras.optimizers.schedules.CosineDecay(_RATE, _EPOCHS * -(-len(images) // _BATCH))
    network.compile(keras.optimizers.Adam(rate), keras.losses.KLDivergence())
    network.fit(images, answers, batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
    _pin_input(network)
    return network


def _set_ranges(network: keras.Model, parent: keras.Model, images: npt.NDArray[np.float32]) -> None:
    """Start each activation quantizer at the range seen in the float network, the input's at 0..255.

    TFMOT starts them all at -6..6 and lets them follow by a slow average, which takes thousands of steps.
    """
    outputs = {layer.name: layer.output for layer in parent.layers}
    wanted = {
        name: ranges
        for name, ranges in (
            (layer.name.removeprefix("quant_"), _find_ranges(layer)) for layer in network.layers
        )
        if name in outputs and ranges
    }
    probe = keras.Model(parent.input, [outputs[name] for name in wanted])
    seen = probe(tf.constant(images[: len(images) // 2]), training=False)
    for ranges, values in zip(wanted.values(), seen if len(wanted) > 1 else [seen], strict=True):
        ranges["min"].assign(tf.minimum(tf.reduce_min(values), 0.0))  # zero must be exact
        ranges["max"].assign(tf.reduce_max(values))
    _pin_input(network)


def _find_ranges(layer: Any) -> dict[str, Any]:
    """Return the ends of the range of what `layer` gives, empty where it is not quantized."""
    found = {}
    for variable in layer.weights:
        name = str(variable.name).split("/")[-1].split(":")[0]
        for end in ("min", "max"):
            if name in (f"output_{end}", f"post_activation_{end}"):
                found[end] = variable
    return found if len(found) == len(_BYTE_RANGE) else {}


def _freeze_stem(network: keras.Model) -> None:
    """Keep the first convolution: its weights, for bytes, are far smaller than a step of the optimizer."""
    for layer in network.layers:
        if isinstance(getattr(layer, "layer", None), keras.layers.Conv2D):
            layer.trainable = False
            return


def _pin_input(network: keras.Model) -> None:
    for variable in (v for layer in network.layers if layer.name == "quantize_layer" for v in layer.weights):
        for end, value in _BYTE_RANGE.items():
            if f"_{end}:" in variable.name:
                variable.assign(value)
