import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.train.audit.leak import Leak
from fakelens.train.config import TrainConfig
from fakelens.train.data.pooling import group_images
from fakelens.train.run import rundir
from fakelens.train.settings import load_config

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
LABELS = (np.arange(40) % 2).astype(np.uint8)


def test_what_was_started_can_be_read_back(tmp_path: Path) -> None:
    config = TrainConfig(name="x", seed=5)
    leak = Leak(auc=0.9, fact="file type", clue="file type: reals JPEG; fakes PNG", remedy="fakelens audit")
    rundir.start_run(tmp_path / "run", config, tmp_path, "abc", leak)
    back, data, digest = rundir.read_start(tmp_path / "run")
    assert (back.name, back.seed, data, digest) == ("x", 5, tmp_path.resolve(), "abc")
    assert rundir.read_leak(tmp_path / "run") == leak
    rundir.start_run(tmp_path / "sound", config, tmp_path, "abc")
    assert rundir.read_leak(tmp_path / "sound") is None


def test_a_damaged_start_is_one_line(tmp_path: Path) -> None:
    rundir.start_run(tmp_path, TrainConfig(), tmp_path, "abc")
    (tmp_path / "source.json").write_text("{")
    with pytest.raises(RunError, match="no run to go on from"):
        rundir.read_start(tmp_path)


def test_calibration_images_are_lossless_of_both_classes_and_written_again_alike(tmp_path: Path) -> None:
    for _ in range(2):
        rundir.write_calibration(tmp_path, IMAGES, LABELS, seed=0)
    for label, name in enumerate(("real", "fake")):
        of_class = {image.tobytes() for image in IMAGES[label == LABELS]}
        pictures = sorted((tmp_path / "calibration" / name).glob("*.png"))
        assert len(pictures) == 20
        assert {Image.open(path).tobytes() for path in pictures} == of_class


def test_validation_images_come_with_what_they_show(tmp_path: Path) -> None:
    pictures = np.repeat(np.arange(20), 2)
    judged = group_images(np.arange(40), np.repeat(LABELS[:20], 2), pictures)
    rundir.write_validation(tmp_path, IMAGES, judged, seed=0)
    with np.load(tmp_path / "validation.npz") as arrays:
        assert arrays["pictures"].tolist() == pictures.tolist()
        assert arrays["images"].shape == IMAGES.shape


def test_a_used_folder_is_not_a_new_run(tmp_path: Path) -> None:
    rundir.check_new(tmp_path)
    for name, said in (
        ("something", "is no run; choose another -o"),
        (run_layout.SOURCE, "go on with `fakelens train --resume -o"),
        (run_layout.RECORD, "a finished run; choose another -o"),
    ):
        (tmp_path / name).touch()
        with pytest.raises(UsageError, match=f"exists already.*{said}"):
            rundir.check_new(tmp_path)


def test_names_that_are_no_text_survive_a_start(tmp_path: Path) -> None:
    name = os.fsdecode(b"echt\xe9")
    config = load_config(None, {"data.layout.real": (name,), "data.layout.fake": ("falsch",)})
    rundir.start_run(tmp_path / "run", config, tmp_path / name, "abc")
    assert rundir.read_start(tmp_path / "run")[:2] == (config, tmp_path / name)


def test_a_run_that_tensorflow_could_not_write_to_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which TensorFlow cannot write to; choose another -o"):
        rundir.check_new(tmp_path / os.fsdecode(b"run\xe9"))
