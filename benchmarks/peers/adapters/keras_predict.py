"""Keras done well: Pillow decodes, `model.predict` gets the tiles of many files at once."""

from typing import Any

import numpy as np
from PIL import Image

_FILES = 64  # for one call of predict


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    import tensorflow as tf
    import tf_keras as keras

    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(job["threads"])
    model = keras.models.load_model(job["keras"], compile=False)
    size = job["size"]

    def cut(path: str) -> list[Any]:
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)
        return [pixels[top : top + size, left : left + size] for left, top in job["places"][path]]

    def judge_all(paths: list[str]) -> list[list[float]]:
        results: list[list[float]] = []
        for start in range(0, len(paths), _FILES):
            tiles = [cut(path) for path in paths[start : start + _FILES]]
            scores = model.predict(np.stack([tile for image in tiles for tile in image]), 256, verbose=0)[
                :, 1
            ]
            ends = np.cumsum([len(image) for image in tiles])[:-1]
            results += [part.tolist() for part in np.split(scores, ends)]
        return results

    return lambda path: judge_all([path])[0], judge_all
