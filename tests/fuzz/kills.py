"""kill -9 at random moments: what a command leaves behind is whole or not there."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.edge_runtime.library import find_model

COMMAND = Path(sys.executable).with_name("fakelens")
_PICTURES = 12
_LONGEST_S = 2.5  # until the kill; a run takes about as long


@dataclass(kw_only=True)
class Kills:
    """What kills of one command came to."""

    name: str
    tries: int = 0
    killed: int = 0  # the others had ended before
    failures: list[str] = field(default_factory=list)


def kill_at_random(name: str, tries: int, seed: int = 0) -> Kills:
    """Start the command `name` `tries` times, kill it at a random moment, and look at what is there."""
    kills = Kills(name=name)
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as base:
        pictures = Path(base, "pictures")
        _write_pictures(pictures)
        for number in range(tries):
            folder = Path(base, str(number))
            folder.mkdir()
            process = subprocess.Popen(
                [str(COMMAND), *COMMANDS[name](pictures)],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(moments.uniform(0, _LONGEST_S))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills.killed += 1
            process.wait()
            kills.tries += 1
            kills.failures += [f"{name} {number}: {line}" for line in list_broken(folder)]
    return kills


def render_kills(found: list[Kills]) -> str:
    """Return a table in Markdown."""
    rows = ["| command | runs | killed | half files |", "|---|---|---|---|"]
    rows += [f"| `{kill.name}` | {kill.tries} | {kill.killed} | {len(kill.failures)} |" for kill in found]
    return "\n".join(rows) + "\n"


def list_broken(folder: Path) -> list[str]:
    """Return a line for each file below `folder` that stands under its final name and is not whole."""
    broken = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        try:
            _CHECKS.get(path.suffix, lambda _: None)(path)
        except Exception as error:  # noqa: BLE001 (whatever a reader says)
            broken.append(f"{path.name}: {type(error).__name__}: {error}")
    return broken


def _write_pictures(folder: Path) -> None:
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(_PICTURES):
        pixels = generator.integers(0, 256, (300, 400, 3), np.uint8)
        picture = Image.fromarray(pixels if number % 2 else pixels // 8 + 100)
        picture.save(folder / f"{number:02d}.png")


def _check_image(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _check_page(path: Path) -> None:
    if not path.read_text().endswith("</html>\n"):
        raise ValueError("half a page")


def _check_rows(path: Path) -> None:
    """Every line but the last, which the next run mends, is whole."""
    for line in path.read_text().split("\n")[:-1]:
        json.loads(line)


def _check_table(path: Path) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")


_CHECKS: dict[str, Callable[[Path], None]] = {
    ".png": _check_image,
    ".jpg": _check_image,
    ".html": _check_page,
    ".jsonl": _check_rows,
    ".csv": _check_table,
    ".json": lambda path: json.loads(path.read_text()),
}
_MODEL = ("--model", str(find_model()))
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "check --html": lambda pictures: ["check", str(pictures), *_MODEL, "--html", "page.html"],
    "check --heatmap": lambda pictures: ["check", str(pictures), *_MODEL, "--heatmap", "heat"],
    "watch --record --jsonl": lambda pictures: [
        *("watch", "--source", f"test:loop?images={pictures}", *_MODEL, "--headless", "--threads", "1"),
        *("--smooth", "0", "--record", "kept", "--jsonl", "watch.jsonl", "--interval", "0"),
    ],
}
