import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot

from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.tflite import convert_network
from fakelens.train.config import NetworkConfig
from fakelens.train.networks import build_network

SIZE = 32


def test_the_filters_of_traces_keep_their_bias_after_quantization_aware_training() -> None:
    network = build_network(NetworkConfig(name="traces", stages=(4, 8)), SIZE)
    aware = tfmot.quantization.keras.quantize_model(network)
    ranges = {"quantize_layer_min": 0.0, "quantize_layer_max": 255.0, "output_min": 0.0, "output_max": 6.0}
    for layer in aware.layers:
        for weight in layer.weights:
            value = ranges.get(weight.name.split("/")[-1].split(":")[0])
            if value is not None:
                weight.assign(value)
    images = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)
    graph = convert_network(aware, Quantization.INT8, Io.UINT8, images)
    tensors = tf.lite.Interpreter(model_content=graph)
    (bias,) = (
        tensor
        for tensor in tensors.get_tensor_details()
        if tensor["dtype"] == np.int32 and tensor["shape"].tolist() == [16]
    )
    values = tensors.get_tensor(bias["index"]) * bias["quantization_parameters"]["scales"]
    np.testing.assert_allclose(values, 3.0, rtol=0.01)
