"""The only converter import: a Keras network in, a TFLite graph with a batch of one out."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras

from fakelens.convert.recipes import Io, Quantization
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.preprocess import ImageU8


def convert_network(
    network: keras.Model, quantization: Quantization, io: Io, calibration_u8: ImageU8 | None = None
) -> bytes:
    """Return the graph of `network`, which takes raw RGB float32 0..255 and gives probabilities.

    Input: uint8 or float32 [1, size, size, 3], both raw RGB. Output: float32 [1, classes], but uint8 for
    int8 with uint8 input. `calibration_u8` [n, size, size, 3] sets the int8 ranges; those of a
    quantization-aware network are in it already, the converter asks for images all the same.
    """
    integer = quantization is Quantization.INT8
    # The integer graph gets its uint8 border from the converter, the float ones a CAST in front.
    cast = io is Io.UINT8 and not integer
    image = tf.TensorSpec([1, *network.input_shape[1:]], tf.uint8 if cast else tf.float32, name="image")
    call = tf.function(lambda image: network(tf.cast(image, tf.float32), training=False))
    # The variables alone: given the Keras network, the converter would trace each of its layers once more.
    owner = tf.Module()
    owner.variables_ = network.variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function(image)], owner)
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
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise RunError(f"TFLite cannot express this network as {quantization}: {reason}") from error


def _feed(images_u8: ImageU8) -> Iterator[list[npt.NDArray[np.float32]]]:
    for image in images_u8:
        yield [image[None].astype(np.float32)]
