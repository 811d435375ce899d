"""The examples run as their first lines say."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
MOST_LINES = 45


def run_example(name: str, *arguments: object, folder: Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


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
        assert f'run_example("{path.name}"' in tests
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


@pytest.mark.slow
def test_training_on_ray(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason='needs "fakelens[train]"')
    pytest.importorskip("tensorboardX", reason='Ray Train needs pip install "ray[train]"')
    pytest.importorskip("ray.train", reason='needs pip install "ray[train]"')
    for label, level in (("real", 100), ("fake", 150)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(30):
            noise = np.random.default_rng(number + level).normal(level, 30, (16, 16, 3))
            picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
            picture.save(tmp_path / "data" / label / f"{number}.png")
    options = ["--set", "data.size=16", "--set", "network.width=4", "--epochs", "2", "--no-qat"]
    options += ["--set", "network.name=compact", "--batch-size", "16"]
    run_example("ray/train.py", tmp_path / "data", tmp_path / "run", "--", *options, folder=tmp_path)
    assert (tmp_path / "run" / "report.html").exists()
