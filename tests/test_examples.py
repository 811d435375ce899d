"""The examples run as their first lines say."""

import csv
import io
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import RunHere

EXAMPLES = Path(__file__).parents[1] / "examples"
MOST_LINES = 45


def run_example(name: str, *arguments: object, folder: Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_noise(folder: Path, level: int, count: int) -> None:
    """Write small pictures of noise around `level`."""
    folder.mkdir(parents=True)
    for number in range(count):
        noise = np.random.default_rng(number + level).normal(level, 30, (16, 16, 3))
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        Image.effect_noise((300, 240), 40 + number).convert("RGB").save(folder / f"{number}.jpg")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_the_examples_are_short_and_each_has_a_test() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.name}"' in tests
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_folder_to_csv(pictures: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run_example("folder_to_csv.py", pictures, folder=pictures))))
    assert [bool(row["error"]) for row in rows] == [False, False, False, True]
    assert all(0 <= float(row["p_fake"]) <= 1 for row in rows[:3])


def test_webcam_on_a_video(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="a camera needs the [camera] extra")
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for _ in range(3):
        writer.write(np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8))
    writer.release()
    assert len(run_example("webcam.py", "clip.avi", folder=tmp_path).splitlines()) == 3


def test_own_sink(pictures: Path) -> None:
    assert run_example("own_sink.py", pictures, folder=pictures).endswith("end\n")


def test_fine_tuning_on_own_pictures(tmp_path: Path, run_here: RunHere) -> None:
    """With a start of seconds: that of the package takes minutes to train on."""
    pytest.importorskip("tf_keras", reason='needs "fakelens[train]"')
    from fakelens.train.run.job import open_job
    from fakelens.train.run.trainer import run_job
    from fakelens.train.settings import load_config
    from fakelens.train.start_weights import start_weights

    for folder, levels in (("first", (90, 165)), ("own", (100, 150))):
        for label, level in zip(("real", "fake"), levels, strict=True):
            write_noise(tmp_path / folder / label, level, 40)
    small = {"data.size": 16, "network.name": "classic", "network.width": 4, "fit.batch_size": 16}
    small |= {"fit.epochs": 4, "fit.ema": 0.9, "fit.learning_rate": 3e-3}
    trained = run_job(open_job(tmp_path / "first", tmp_path / "run", load_config(None, small)))
    start_weights(trained.run, tmp_path / "first.npz")
    words = ["finetune.py", str(tmp_path / "own"), str(tmp_path / "tuned"), str(tmp_path / "first.npz")]
    run_example = partial(runpy.run_path, str(EXAMPLES / words[0]), run_name="__main__")
    done = run_here(run_example, words)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("learned: AUC ")
    assert [line for line in lines if line.endswith(" failed")] == []
    assert [line.split()[1] for line in lines[-3:]] == ["real"] * 3
    assert (tmp_path / "tuned" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.long
def test_training_on_ray(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason='needs "fakelens[train]"')
    pytest.importorskip("tensorboardX", reason='Ray Train needs pip install "ray[train]"')
    pytest.importorskip("ray.train", reason='needs pip install "ray[train]"')
    for label, level in (("real", 100), ("fake", 150)):
        write_noise(tmp_path / "data" / label, level, 30)
    options = ["--set", "data.size=16", "--set", "network.width=4", "--epochs", "2", "--no-qat"]
    options += ["--set", "network.name=compact", "--batch-size", "16"]
    run_example("ray/train.py", tmp_path / "data", tmp_path / "run", "--", *options, folder=tmp_path)
    assert (tmp_path / "run" / "report.html").exists()
