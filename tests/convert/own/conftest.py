"""Models as others train them, and the pictures to read them by: noise (fake) against mosaics (real)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.convert.conftest import SIZE, make_images

COUNT = 80  # pictures


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with camera/ and made/."""
    root = tmp_path_factory.mktemp("pictures")
    images, labels = make_images(COUNT, seed=5)
    for name in ("camera", "made"):
        (root / name).mkdir()
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        Image.fromarray(image).save(root / ("made" if label else "camera") / f"{number:03}.png")
    return root


def train(keras: Any, scale: Callable[[Any], Any], outputs: int, *, fake_last: bool) -> Any:
    """Return a small classifier that learned pictures scaled by `scale`, with a class order of its own."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = keras.layers.BatchNormalization(momentum=0.8)(x)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    answer = keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")(x)
    model = keras.Model(image, answer)
    images, labels = make_images(128, seed=0)
    wanted = labels if fake_last else 1 - labels
    loss = "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(scale(images.astype(np.float32)), wanted, batch_size=32, epochs=12, verbose=0)
    return model


@pytest.fixture(scope="session")
def keras3_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Keras 3, -1..1, one sigmoid, of real."""
    import keras

    path = tmp_path_factory.mktemp("models") / "own.keras"
    model = train(keras, lambda images: images / 127.5 - 1, 1, fake_last=False)
    model.save(path)
    return model, path


@pytest.fixture(scope="session")
def keras2_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """tf_keras, 0..1, two probabilities, fake first: folders in the order of the alphabet."""
    import tf_keras

    path = tmp_path_factory.mktemp("models") / "own.h5"
    model = train(tf_keras, lambda images: images / 255, 2, fake_last=False)
    model.save(path)
    return model, path
