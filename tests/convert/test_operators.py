"""What the operators of a graph hold, read back from one that the converter wrote."""

import numpy as np
import tf_keras as keras
from ai_edge_litert import schema_py_generated as schema

from fakelens.convert.operators import find_tensor, read_constant, read_kind
from fakelens.convert.recipes import Io, Quantization
from fakelens.convert.tflite import convert_network

_BIAS = 2  # the place of it among the inputs of a dense layer


def test_a_dense_layer_has_its_kind_its_weights_and_its_bias() -> None:
    image = keras.Input((4, 4, 3))
    answer = keras.layers.Dense(2, "softmax", name="logits")(keras.layers.Flatten()(image))
    network = keras.Model(image, answer)
    kernel = np.arange(96, dtype=np.float32).reshape(48, 2) / 96
    network.get_layer("logits").set_weights([kernel, np.array([0.25, -0.5], np.float32)])
    model = schema.ModelT.InitFromPackedBuf(convert_network(network, Quantization.FLOAT32, Io.FLOAT), 0)
    kinds = [read_kind(model, op) for op in model.subgraphs[0].operators]
    assert kinds[-2:] == [schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.SOFTMAX]
    dense = model.subgraphs[0].operators[-2]
    assert find_tensor(model, dense, 1).shape.tolist() == [2, 48]
    np.testing.assert_array_equal(read_constant(model, dense, 1, np.float32), kernel.T)
    np.testing.assert_array_equal(read_constant(model, dense, _BIAS, np.float32), [0.25, -0.5])
