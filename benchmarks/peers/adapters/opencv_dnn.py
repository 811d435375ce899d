"""OpenCV: `cv2.imread` and the DNN module, all tiles of a file in one forward pass where it can."""

from typing import Any

import numpy as np


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    import cv2

    cv2.setNumThreads(job["threads"])
    net = cv2.dnn.readNetFromONNX(job["onnx"])
    size = job["size"]

    def judge(path: str) -> list[float]:
        read = cv2.imread(path)
        if read is None:
            raise OSError(path)
        pixels = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
        scores = []
        for left, top in job["places"][path]:
            tile = pixels[None, top : top + size, left : left + size].astype(np.float32)
            net.setInput(tile)
            scores.append(float(net.forward()[0, 1]))
        return scores

    return judge, lambda paths: [judge(path) for path in paths]
