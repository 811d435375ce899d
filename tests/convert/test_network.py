"""A network is asked in batches that memory holds."""

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from fakelens.convert.network import predict


class Counting(keras.Model):
    """Says of how many images it was asked at once."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def call(self, images: Any, training: bool = False) -> Any:
        del training
        self.asked.append(len(images))
        return tf.tile([[0.5, 0.5]], (len(images), 1))


def test_large_images_go_in_smaller_batches() -> None:
    network = Counting()
    images = np.zeros((7, 1000, 1000, 3), np.uint8)
    assert predict(network, images).shape == (7, 2)
    assert network.asked == [4, 3]
    network = Counting()
    assert predict(network, np.zeros((350, 4, 4, 3), np.uint8)).shape == (350, 2)
    assert network.asked == [256, 94]
