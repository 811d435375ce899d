"""Every command that writes files, small inputs for it, and what its files must hold to be whole."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import find_model

COMMAND = Path(sys.executable).with_name("fakelens")
_MODEL = str(find_model())
# A small one where its size is no matter; it calls every other of the pictures FAKE, so that events begin.
_SMALL = str(find_model("cifake-quick"))
_PICTURES = 12
_IMAGES = 40  # of each class


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A command that writes: its arguments, and the names below the folder of inputs that it reads."""

    name: str
    arguments: tuple[str, ...]  # {in} stands for the folder of inputs; it writes into the current one
    slow: bool = False  # takes many seconds
    trains: bool = False  # loads TensorFlow: more seconds
    endless: bool = False  # goes on until it is killed

    def fill(self, inputs: Path) -> list[str]:
        """Return the command line."""
        return [str(COMMAND), *(word.replace("{in}", str(inputs)) for word in self.arguments)]


COMMANDS = {
    command.name: command
    for command in (
        Writing(
            name="check --html",
            arguments=("check", "{in}/pictures", "--model", _MODEL, "--html", "page.html"),
        ),
        Writing(
            name="check --heatmap",
            arguments=("check", "{in}/pictures", "--model", _MODEL, "--heatmap", "heat"),
        ),
        Writing(
            name="watch --record --jsonl",
            arguments=(
                *("watch", "--source", "test:loop?images={in}/pictures", "--model", _SMALL, "--headless"),
                *("--threads", "1", "--smooth", "0", "--record", "kept"),
                *("--jsonl", "watch.jsonl", "--interval", "0"),
            ),
            endless=True,
            slow=True,
        ),
        Writing(
            name="scan",
            arguments=("scan", "{in}/pictures", "-o", "verdicts", "--model", _SMALL, "--part-lines", "4"),
        ),
        Writing(
            name="bench --html",
            arguments=("bench", _SMALL, "--data", "{in}/data", "--no-timing", "--html", "bench.html"),
            slow=True,
        ),
        Writing(name="ship", arguments=("ship", _SMALL, "--to", "kits"), slow=True),
        Writing(name="audit --html", arguments=("audit", "{in}/data", "--html", "audit.html"), trains=True),
        Writing(
            name="audit --equalize", arguments=("audit", "{in}/data", "--equalize", "alike"), trains=True
        ),
        Writing(
            name="synthesize",
            arguments=("synthesize", "{in}/pictures", "-o", "made", "--steps", "2", "--tiles-per-photo", "4"),
            trains=True,
        ),
        Writing(
            name="train",
            arguments=(
                *("train", "{in}/data", "-o", "run", "--epochs", "2"),
                *("--network", "classic", "--batch-size", "16"),
            ),
            trains=True,
        ),
        Writing(
            name="convert",
            arguments=("convert", "{in}/run", "--float32", "-o", "made.tflite", "--max-drop", "100"),
            trains=True,
        ),
    )
}


def make_inputs(folder: Path, *, run: bool) -> None:
    """Write pictures and labelled images below `folder`, and a finished training `run` for `convert`."""
    generator = np.random.default_rng(0)
    (folder / "pictures").mkdir(parents=True)
    for number in range(_PICTURES):
        pixels = generator.integers(0, 256, (300, 400, 3), np.uint8)
        picture = Image.fromarray(pixels if number % 2 else pixels // 8 + 100)
        picture.save(folder / "pictures" / f"{number:02d}.png")
    for label in ("real", "fake"):
        (folder / "data" / label).mkdir(parents=True)
        for number in range(_IMAGES):
            pixels = generator.integers(0, 256, (32, 32, 3), np.uint8)
            picture = Image.fromarray(pixels if label == "real" else pixels // 8 + 100)
            picture.save(folder / "data" / label / f"{number:02d}.png")
    if run:
        command = COMMANDS["train"].fill(folder)
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


def list_broken(folder: Path) -> list[str]:
    """Return a line for each file below `folder` that stands under its final name and is not whole."""
    broken = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            _CHECKS.get(path.suffix, lambda _: None)(path)
        except Exception as error:  # noqa: BLE001 (whatever a reader says)
            broken.append(f"{path.name}: {type(error).__name__}: {error}")
    return broken


def _check_image(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _check_page(path: Path) -> None:
    if not path.read_text().rstrip().endswith("</html>"):
        raise ValueError("half a page")


def _check_rows(path: Path) -> None:
    """Every line but the last, which the next run mends, is whole."""
    for line in path.read_text().split("\n")[:-1]:
        json.loads(line)


def _check_table(path: Path) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")


def _check_arrays(path: Path) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays:
            arrays[name]


def _check_weights(path: Path) -> None:
    import h5py  # there wherever a command writes them

    with h5py.File(path) as file:
        list(file)


def _check_model(path: Path) -> None:
    read_model(path)


_CHECKS: dict[str, Callable[[Path], None]] = {
    ".png": _check_image,
    ".jpg": _check_image,
    ".html": _check_page,
    ".jsonl": _check_rows,
    ".csv": _check_table,
    ".json": lambda path: json.loads(path.read_text()),
    ".npz": _check_arrays,
    ".tflite": _check_model,
    ".h5": _check_weights,
}
