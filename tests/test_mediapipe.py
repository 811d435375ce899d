"""MediaPipe Tasks, the same C++ as on Android and iOS, takes the shipped files and answers as we do.

In an environment of its own, made once in the cache folder: mediapipe brings another OpenCV than ours. It
needs no GPU, but its library is linked against libEGL and libGLESv2, and its OpenCV against libGL.
"""

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.convert.recipes import Io
from fakelens.convert.ship.gates import check_app_gates
from fakelens.convert.ship.vectors import TOLERANCE, write_vectors
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.files import cache_folder
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract, InputSpec
from fakelens.edge_runtime.modelfile.library import find_model, list_models
from fakelens.edge_runtime.pictures.preprocess import fit_image, load_image

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("mediapipe_tasks.py")
# Read before any test moves the cache elsewhere.
ENVIRONMENT = cache_folder() / "environments" / f"mediapipe-{sys.version_info[0]}.{sys.version_info[1]}"
SIZE = 8
REFUSALS = {  # by the gate of ours that refuses the same file
    "types": "Requested one of these types: uint8/float32, got INT8",
    "metadata": "requires specifying NormalizationOptions metadata",
    "labels": "(3 vs. 2)",
}

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model file, the tiles to show it, and what our runtime says of them."""

    model: Path
    tiles: Any  # uint8 [n, size, size, 3]
    p_fake: list[float]


@pytest.fixture(scope="module")
def python(run_pip: Callable[..., None]) -> Path:
    """Return the Python of the environment with MediaPipe."""
    python = ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    complete = ENVIRONMENT / "complete"
    if not complete.exists():
        venv.create(ENVIRONMENT, clear=True)
        run_pip(sys.executable, "-m", "pip", "--python", python, "install", "mediapipe")
        complete.touch()
    return python


def ask(python: Path, cases: Sequence[Case], folder: Path) -> list[Answer]:
    """Return MediaPipe's answers; skips where libraries that it is linked against are missing."""
    asked = []
    for number, case in enumerate(cases):
        np.save(folder / f"{number}.npy", case.tiles)
        asked.append({"model": str(case.model), "tiles": str(folder / f"{number}.npy")})
    (folder / "cases.json").write_text(json.dumps(asked))
    command = [python, SCRIPT, folder / "cases.json", folder / "answers.json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot open shared object file" in ran.stderr:
        pytest.skip(f"apt install libegl1 libgles2 libgl1: {ran.stderr.splitlines()[-1]}")
    assert ran.returncode == 0, ran.stderr
    answers: list[Answer] = json.loads((folder / "answers.json").read_text())
    return answers


def make_case(model: Path, folder: Path) -> Case:
    """The tiles of the test vectors, cut as our runtime cuts them: MediaPipe is not to resize anything."""
    vectors = write_vectors(model, folder)
    spec = Detector(model).contract.input
    tiles = [fit_image(load_image(folder / image.file), spec) for image in vectors.images]
    p_fake = [tile.p_fake for image in vectors.images for tile in image.tiles]
    return Case(model=model, tiles=np.concatenate(tiles), p_fake=p_fake)


def write_model(path: Path, graph: bytes, io: Io, size: int = SIZE) -> Path:
    contract = Contract(name=path.stem, input=InputSpec(size=size))
    path.write_bytes(pack_model(attach_metadata(graph, contract, io), contract))
    return path


def check_answer(answer: Answer, case: Case) -> None:
    """Both modes name both labels for every tile, and score them as we do."""
    assert set(answer) == {"image", "video"}, answer
    for tiles in answer.values():
        assert len(tiles) == len(case.p_fake)
        for found, p_fake in zip(tiles, case.p_fake, strict=True):
            assert set(found) == set(LABELS)
            assert found["fake"] == pytest.approx(p_fake, abs=TOLERANCE)


def list_shipped(folder: Path, two_views: Path, float_graph: bytes) -> list[Case]:
    """Every release model, a file of two views, which is read by its first, and one that takes floats."""
    models = [find_model(name) for name in list_models()]
    models += [two_views, write_model(folder / "floats.tflite", float_graph, Io.FLOAT)]
    return [make_case(model, folder / model.stem) for model in models]


def list_refused(folder: Path, three_labels: bytes, int8_graph: bytes, float_graph: bytes) -> dict[str, Case]:
    """By the gate of ours that refuses it, what would reach a phone before anyone noticed."""
    models = {
        "types": write_model(folder / "int8.tflite", int8_graph, Io.UINT8),
        "metadata": write_model(folder / "bare.tflite", float_graph, Io.UINT8),
        "labels": write_model(folder / "three.tflite", three_labels, Io.UINT8),
    }
    tiles = np.zeros((1, SIZE, SIZE, 3), np.uint8)
    return {gate: Case(model=model, tiles=tiles, p_fake=[0.0]) for gate, model in models.items()}


def test_what_is_shipped_scores_within_a_byte_and_what_our_gates_refuse_is_refused(
    python: Path,
    tmp_path: Path,
    pack_two_view_model: Callable[..., Path],
    build_graph: Callable[..., bytes],
    build_brightness_graph: Callable[..., bytes],
) -> None:
    """In one run of MediaPipe, which takes seconds to start."""
    float_graph = build_brightness_graph(input_type="FLOAT32")
    three_labels = build_graph(np.zeros((3, SIZE * SIZE * 3), np.float32), [0, 0, 0])
    shipped = list_shipped(tmp_path, pack_two_view_model(), float_graph)
    refused = list_refused(tmp_path, three_labels, build_brightness_graph(input_type="INT8"), float_graph)
    answers = ask(python, [*shipped, *refused.values()], tmp_path)
    for case, answer in zip(shipped, answers, strict=False):
        check_answer(answer, case)
    for (gate, case), answer in zip(refused.items(), answers[len(shipped) :], strict=True):
        assert gate in {result.name for result in check_app_gates(case.model) if not result.passed}
        assert REFUSALS[gate] in answer["error"]
