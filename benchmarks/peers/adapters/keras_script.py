"""Keras as in the tutorials: `load_img`, `img_to_array`, `predict`, file by file."""

from typing import Any

import numpy as np


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    import tf_keras as keras

    model = keras.models.load_model(job["keras"], compile=False)
    size = job["size"]

    def judge(path: str) -> list[float]:
        image = keras.utils.load_img(path)
        tiles = [image.crop((x, y, x + size, y + size)) for x, y in job["places"][path]]
        scores = model.predict(np.array([keras.utils.img_to_array(tile) for tile in tiles]), verbose=0)
        return [float(score) for score in scores[:, 1]]

    return judge, lambda paths: [judge(path) for path in paths]
