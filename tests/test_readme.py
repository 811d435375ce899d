"""Every `fakelens` command that the README shows, run in its order in one folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
WATCHED_S = 12
ALLOWED = {  # 3: no camera here; --compare finds another time where the machine has other work
    "--fail-on": {0, 1},
    "--compare": {0, 1},
    "fakelens watch": {0, 3},
    "fakelens doctor": {0, 1},
}
# CI runs `make demo`, which synthesizes the built-in photos; `make test` is what runs beside this.
ELSEWHERE = {"make demo", "make test", "fakelens synthesize builtin -o tiles"}


def list_commands() -> list[str]:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def write_class(folder: Path, brightness: float, count: int, size: int) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(int(brightness))
    for number in range(count):
        pixels = np.clip(rng.normal(brightness, 40, (size, size, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def write_clip(path: Path) -> None:
    """A second of moving noise, by the real OpenCV."""
    cv2 = pytest.importorskip("cv2", reason="the live checker needs the [camera] extra")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    rng = np.random.default_rng(0)
    for _ in range(10):
        writer.write(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8))
    writer.release()


def run_for_a_while(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `line`, ending it by SIGTERM after a while if it has not ended by then."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {line}"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FAKELENS_CACHE": str(folder / "cache")},
    )
    try:
        out, err = process.communicate(timeout=WATCHED_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(line, process.returncode, out, err)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README takes for granted: a photo, pictures, two folders of images, CIFAKE's layout."""
    folder = tmp_path_factory.mktemp("readme")
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(folder / "photo.jpg")
    write_class(folder / "pictures", 128, 3, 40)
    for label, brightness in (("real", 90), ("fake", 165)):
        write_class(folder / "data" / label, brightness, 80, 32)
        write_class(folder / "unseen" / label, brightness + 1, 30, 32)
        for split, count in (("train", 40), ("test", 20)):
            write_class(folder / "cifake" / split / label.upper(), brightness + len(split), count, 32)
    for number in range(4):
        write_class(
            folder / "sources" / f"album{number % 2}" / ("train", "test")[number // 2] / "real", 128, 6, 96
        )
    write_clip(folder / "clip.avi")
    (folder / "cifake_test_fakes_also_in_train.txt").write_text("FAKE/0.png\n")
    return folder


@pytest.mark.slow
def test_every_command_in_the_readme_runs(workplace: Path) -> None:
    pytest.importorskip("tf_keras", reason="training needs the [train] extra")
    pytest.importorskip("skimage", reason="the built-in photos need the [demo] extra")
    fakelens = shutil.which("fakelens", path=str(Path(sys.executable).parent))
    assert fakelens is not None
    ran = 0
    for command in list_commands():
        if command in ELSEWHERE:
            continue
        if command.startswith("fakelens "):
            line = shlex.quote(fakelens) + command.removeprefix("fakelens")
            if command.startswith("fakelens watch"):
                done = run_for_a_while(line, workplace)
            else:
                done = subprocess.run(
                    ["bash", "-c", line],
                    cwd=workplace,
                    capture_output=True,
                    text=True,
                    env=os.environ | {"FAKELENS_CACHE": str(workplace / "cache")},
                    check=False,
                )
            allowed = next((codes for part, codes in ALLOWED.items() if part in command), {0})
            assert done.returncode in allowed, f"{command}\n{done.stdout}\n{done.stderr}"
            assert "Traceback" not in done.stderr
            ran += 1
        else:
            assert command.startswith("pip install "), command
    assert ran >= 10
