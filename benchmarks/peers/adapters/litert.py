"""Pillow and LiteRT, by hand. The same lines serve TensorFlow's own interpreter."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image


def load(job: dict[str, Any], make: Callable[..., Any] | None = None) -> tuple[Any, Any]:
    """Return what judges one image, and what judges all."""
    if make is None:
        from ai_edge_litert.interpreter import Interpreter

        make = Interpreter
    interpreter = make(model_path=job["model"], num_threads=job["threads"])
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    output = interpreter.get_output_details()[0]
    scale, zero = output["quantization"]
    size = job["size"]

    def judge(path: str) -> list[float]:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        scores = []
        for left, top in job["places"][path]:
            interpreter.set_tensor(source, pixels[None, top : top + size, left : left + size])
            interpreter.invoke()
            value = interpreter.get_tensor(output["index"])[0, 1]
            scores.append(float((value - zero) * scale if scale else value))
        return scores

    return judge, lambda paths: [judge(path) for path in paths]
