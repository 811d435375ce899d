"""The only converter import: a Keras network in, a TFLite graph with a batch of one out."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras

from fakelens.convert.logits import center_logits, refine_logits
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.rounding import round_weights
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_MISSING_OPS = (
    re.compile(r"Quantization not yet supported for op: '([^']+)'"),
    re.compile(r"error: '(tf\.\w+)' op is neither a custom op nor a flex op"),
)


NetworkCall = Callable[[Any], Any]  # raw RGB float32 [n, size, size, 3] -> probabilities [n, classes]


def convert_network(
    network: keras.Model, quantization: Quantization, io: Io, calibration_u8: ImageU8 | None = None
) -> bytes:
    """Return the graph of `network`, which takes raw RGB float32 0..255 and gives probabilities.

    See `convert_call`; the ranges of a quantization-aware network are in it already, the converter asks for
    images all the same.
    """
    size = int(network.input_shape[1])
    call = functools.partial(network, training=False)
    return convert_call(call, size, network.variables, (quantization, io), calibration_u8)


def quantize_network(network: keras.Model, io: Io, calibration_u8: ImageU8) -> bytes:
    """Return the int8 graph of a `network` that knows nothing of it, its weights rounded for these images.

    What its logits share is taken out of them, which changes no answer.
    """
    center_logits(network)
    graph = convert_network(network, Quantization.INT8, io, calibration_u8)
    plain = convert_network(network, Quantization.FLOAT32, Io.FLOAT)
    return refine_logits(round_weights(graph, plain, calibration_u8))


def convert_call(
    call: NetworkCall,
    size: int,
    variables: Sequence[Any],
    form: tuple[Quantization, Io],
    calibration_u8: ImageU8 | None = None,
) -> bytes:
    """Return the graph of `call`, whose weights are `variables`; `RunError` where TFLite cannot express it.

    Input: uint8 or float32 [1, size, size, 3], both raw RGB. Output: float32 [1, classes], but uint8 for
    int8 with uint8 input. `calibration_u8` [n, size, size, 3] sets the int8 ranges.
    """
    quantization, io = form
    integer = quantization is Quantization.INT8
    # The integer graph gets its uint8 border from the converter, the float ones a CAST in front.
    cast = io is Io.UINT8 and not integer
    image = tf.TensorSpec([1, size, size, 3], tf.uint8 if cast else tf.float32, name="image")
    traced = tf.function(lambda image: call(tf.cast(image, tf.float32)))
    # The variables alone: given the Keras network, the converter would trace each of its layers once more.
    owner = tf.Module()
    owner.variables_ = list(variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function(image)], owner)
    if quantization is not Quantization.FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization is Quantization.FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    if integer:
        if calibration_u8 is None:
            raise ValueError("int8 needs calibration images")
        border = tf.uint8 if io is Io.UINT8 else tf.float32
        converter.inference_input_type = converter.inference_output_type = border
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: _feed(calibration_u8)
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter raises many kinds
        raise RunError(_explain(error, quantization)) from error


def _feed(images_u8: ImageU8) -> Iterator[list[npt.NDArray[np.float32]]]:
    for image in images_u8:
        yield [image[None].astype(np.float32)]


def _explain(error: Exception, quantization: Quantization) -> str:
    """Return why a network cannot be converted, with the ops that TFLite, or int8, does not have."""
    text = str(error)
    ops = sorted({name for pattern in _MISSING_OPS for name in pattern.findall(text)})
    if ops and quantization is Quantization.INT8:
        return f"cannot be quantized to int8: {', '.join(ops)}; convert it with --float16 or --dynamic"
    if ops:
        return f"TFLite has no {', '.join(ops)}: replace what makes it in the network"
    reason = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    return f"TFLite cannot express this network as {quantization}: {reason}"
