"""MediaPipe Tasks' ImageClassifier on the shipped file; it reads normalization and labels from it."""

from typing import Any

import numpy as np
from PIL import Image


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    import mediapipe as mp
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    options = vision.ImageClassifierOptions(base_options=tasks.BaseOptions(model_asset_path=job["model"]))
    classifier = vision.ImageClassifier.create_from_options(options)
    size = job["size"]

    def judge(path: str) -> list[float]:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        scores = []
        for left, top in job["places"][path]:
            tile = np.ascontiguousarray(pixels[top : top + size, left : left + size])
            answer = classifier.classify(mp.Image(image_format=mp.ImageFormat.SRGB, data=tile))
            named = {c.category_name: c.score for c in answer.classifications[0].categories}
            scores.append(float(named["fake"]))
        return scores

    return judge, lambda paths: [judge(path) for path in paths]
