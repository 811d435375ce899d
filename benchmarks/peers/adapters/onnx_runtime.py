"""ONNX Runtime on the model converted by tf2onnx; Pillow decodes."""

from typing import Any

import numpy as np
from PIL import Image


def load(job: dict[str, Any]) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    session = onnxruntime.InferenceSession(job["onnx"], options, providers=["CPUExecutionProvider"])
    source, output = session.get_inputs()[0], session.get_outputs()[0]
    kind = np.uint8 if source.type == "tensor(uint8)" else np.float32
    scale = 1 / 256 if output.type == "tensor(uint8)" else 1.0
    size = job["size"]

    def judge(path: str) -> list[float]:
        pixels = np.asarray(Image.open(path).convert("RGB"), kind)
        scores = []
        for left, top in job["places"][path]:
            tile = pixels[None, top : top + size, left : left + size]
            scores.append(float(session.run(None, {source.name: tile})[0][0, 1] * scale))
        return scores

    return judge, lambda paths: [judge(path) for path in paths]
