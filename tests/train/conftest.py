"""Small data sets of noise whose brightness tells the class, and one trained run."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tf_keras", reason="training needs the [train] extra")

from fakelens.train.config import TrainConfig
from fakelens.train.run.job import open_job
from fakelens.train.run.trainer import run_job
from fakelens.train.settings import load_config


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep decoded arrays out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["FAKELENS_CACHE"] = str(folder)
    return folder


def write_images(folder: Path, count: int, brightness: float, seed: int) -> list[Path]:
    """Write `count` distinct 16 px PNGs of noise around `brightness`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        pixels = np.clip(rng.normal(brightness, 45, (16, 16, 3)), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number:03d}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A flat DATA with 40 images a class, class folders in odd case."""
    write_images(tmp_path / "data" / "Real", 40, 90, 1)
    write_images(tmp_path / "data" / "FAKE", 40, 165, 2)
    return tmp_path / "data"


@pytest.fixture(scope="session")
def config() -> TrainConfig:
    """A net and a schedule small enough for seconds."""
    return load_config(
        None,
        {
            "name": "tiny",
            "data.size": 16,
            "data.validation": 0.25,
            "network.name": "classic",
            "network.width": 4,
            "fit.epochs": 4,
            "fit.batch_size": 16,
            "fit.ema": 0.9,
            "fit.learning_rate": 3e-3,
        },
    )


def write_pictures(folder: Path, count: int, suffix: str, *, seed: int = 0, **options: int) -> list[Path]:
    """Write `count` distinct 48 px pictures of one kind, soft and noisy to varying degree as photos are."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, *folder.name.encode()])
    paths = []
    for number in range(count):
        patches = np.clip(rng.normal(128, rng.uniform(10, 50), (5, 5, 3)), 0, 255).astype(np.uint8)
        soft = np.asarray(Image.fromarray(patches).resize((48, 48), Image.Resampling.BICUBIC))
        soft = soft + rng.normal(0, rng.uniform(1, 20), (48, 48, 1))
        # Names differ between folders, or the probes would take the pictures for pairs.
        paths.append(folder / f"{folder.name}-{seed}-{number:03d}{suffix}")
        Image.fromarray(np.clip(soft, 0, 255).astype(np.uint8)).save(paths[-1], **options)
    return paths


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Run step by step: for so few steps, compiling them would take most of the time."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def compiled() -> Iterator[None]:
    """Compile after all, in a module that runs step by step: many steps are worth it."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


@pytest.fixture(scope="session")
def fixed_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 images a class that no test changes."""
    folder = tmp_path_factory.mktemp("fixed") / "data"
    write_images(folder / "real", 40, 90, 1)
    write_images(folder / "fake", 40, 165, 2)
    return folder


@pytest.fixture(scope="session")
def finished_run(fixed_data: Path, config: TrainConfig) -> Path:
    """A finished run on `fixed_data` that no test changes."""
    return run_job(open_job(fixed_data, fixed_data.parent / "finished", config)).run
