"""Runs MediaPipe Tasks' ImageClassifier, in an environment of its own: see test_mediapipe.py.

Usage: python mediapipe_tasks.py CASES.json ANSWERS.json. A case is a model file and an .npy file of tiles,
uint8 [n, size, size, 3]; its answer the categories of each tile, as an image and as a frame of a video, or
what the error says.
"""

import json
import sys
from pathlib import Path
from typing import Any

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions, RunningMode

FRAME_MS = 40


def classify(model: Path, tiles: Any, mode: RunningMode) -> list[dict[str, float]]:
    """Return {category name: score} of each tile."""
    options = ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(model)), running_mode=mode)
    answers = []
    with ImageClassifier.create_from_options(options) as classifier:
        for number, tile in enumerate(tiles):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(tile))
            if mode is RunningMode.VIDEO:
                result = classifier.classify_for_video(image, number * FRAME_MS)
            else:
                result = classifier.classify(image)
            answers.append(
                {found.category_name: found.score for found in result.classifications[0].categories}
            )
    return answers


def answer(case: dict[str, str]) -> dict[str, Any]:
    """Return the answers of both modes, or the error."""
    tiles = np.load(case["tiles"])
    try:
        return {
            "image": classify(Path(case["model"]), tiles, RunningMode.IMAGE),
            "video": classify(Path(case["model"]), tiles, RunningMode.VIDEO),
        }
    except (ValueError, RuntimeError, OSError) as error:  # it maps its own statuses to all of these
        return {"error": str(error)}


if __name__ == "__main__":
    cases = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([answer(case) for case in cases]))
