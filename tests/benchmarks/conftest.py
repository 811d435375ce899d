"""A real model file whose answers are known: P(fake) grows with the brightness of the image."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.contract import Contract, Decision, InputSpec
from fakelens.edge_runtime.modelfile import pack_model

SIZE = 8
DECISION = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)


@pytest.fixture(scope="session")
def brightness_graph() -> bytes:
    """uint8 [1, 8, 8, 3] in, softmax out: P(fake) = sigmoid((mean grey level - 128) / 16)."""
    tf = pytest.importorskip("tensorflow", reason="builds the model with TensorFlow's converter")

    @tf.function(input_signature=[tf.TensorSpec([1, SIZE, SIZE, 3], tf.uint8)])
    def score(image):  # noqa: ANN001, ANN202 (TensorFlow types)
        mean = tf.reduce_mean(tf.cast(image, tf.float32), axis=[1, 2, 3])
        logit = (mean - 128.0) / 16.0
        return tf.nn.softmax(tf.stack([tf.zeros_like(logit), logit], axis=1))

    module = tf.Module()
    return tf.lite.TFLiteConverter.from_concrete_functions([score.get_concrete_function()], module).convert()


@pytest.fixture
def model_file(tmp_path: Path, brightness_graph: bytes) -> Path:
    """The model above as a file that the test may rewrite."""
    contract = Contract(name="brightness", input=InputSpec(size=SIZE), decision=DECISION)
    path = tmp_path / "brightness.tflite"
    path.write_bytes(pack_model(brightness_graph, contract))
    return path


@pytest.fixture
def save_grey() -> Callable[[Path, int], Path]:
    """Write an image of one grey level, losslessly."""

    def save(path: Path, level: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((SIZE, SIZE, 3), level, np.uint8)).save(path)
        return path

    return save


@pytest.fixture
def data(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """A test split of 10 reals and 10 fakes: 1 real bright, 2 fakes dark, 1 fake on the fence.

    Right: 9 reals and 8 fakes, 17 of 20. UNSURE: 1 fake (grey 130, P(fake) .53), which was right.
    """
    reals = [20, 30, 40, 50, 60, 70, 80, 90, 100, 200]
    fakes = [130, 40, 90, 170, 180, 190, 210, 220, 230, 240]
    for folder, levels in (("REAL", reals), ("FAKE", fakes)):
        for number, level in enumerate(levels):
            save_grey(tmp_path / "greys" / "test" / folder / f"{number} (1).png", level)
    return tmp_path / "greys"
