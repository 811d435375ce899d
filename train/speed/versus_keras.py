"""Images per second of `fakelens train` against the same network under plain Keras.

    python -m fakelens.train.speed.versus_keras

Plain Keras is what its tutorials show: `image_dataset_from_directory`, random flips and shifts as layers,
`fit` in its default float32 with TensorFlow's own settings (which leave oneDNN off on some processors, where
`fakelens.train` turns it on). Both learn from the same JPEGs on disk, in turns, each in a process of its own.
"""

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.pictures.preprocess import fit_image, load_image
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.train.config import TrainConfig, describe_input
from fakelens.train.settings import load_config
from fakelens.train.startup import load_tensorflow, require_tensorflow


@dataclass(frozen=True, kw_only=True)
class TrainingSpeed:
    """Medians over the turns, validation and reading the files for the first time left out."""

    fit_per_s: float  # images/s through our loop, from the arrays it keeps
    plain_per_s: float  # images/s through Keras' fit
    ratio: float  # taken turn by turn
    cpu_ratio: float  # of processor time, plain Keras' over ours: what a busy machine disturbs least


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one epoch took."""

    wall_s: float
    cpu_s: float  # of the process and its threads


def plain_keras(
    recipe: Annotated[
        str, typer.Option(help="Network, batch size and augmentation are its own.")
    ] = "cifake-quick",
    images: Annotated[int, typer.Option(min=4, help="JPEGs of each class, made for the purpose.")] = 5000,
    turns: Annotated[int, typer.Option(min=1, help="Epochs of each that are timed.")] = 5,
    same_settings: Annotated[
        bool, typer.Option("--same-settings", help="Plain Keras with oneDNN turned on too, where it is not.")
    ] = False,
    min_ratio: Annotated[float, typer.Option(help="Exit 1 where the ratio is below.")] = 0.0,
) -> None:
    """Print images/s of both ways of training, without and with augmentation."""
    require_tensorflow()
    load_tensorflow()
    config = load_config(recipe, {})
    plainer = replace(config.augment, flip=False, shift=0, degrade=0.0, cutmix=0.0)
    lines = {"flips and shifts": replace(plainer, flip=True, shift=2), "no augmentation": plainer}
    found = {}
    for name, augment in lines.items():
        found[name] = measure_training(
            replace(config, augment=augment), images=images, turns=turns, same_settings=same_settings
        )
        typer.echo(
            f"{recipe}, {name}: fit {found[name].fit_per_s:,.0f} images/s, plain Keras "
            f"{found[name].plain_per_s:,.0f}, ratio {found[name].ratio:.2f}, of processor time "
            f"{found[name].cpu_ratio:.2f}"
        )
    lowest = min(speed.ratio for speed in found.values())
    if lowest < min_ratio:
        raise GateError(f"ratio {lowest:.2f} is below {min_ratio:g}")


def measure_training(
    config: TrainConfig, *, images: int, turns: int, same_settings: bool = False
) -> TrainingSpeed:
    """Time `turns` epochs over `images` made JPEGs of each class, each way; a first one warms up.

    `same_settings` keeps TensorFlow's settings of `fakelens.train` for plain Keras too.
    """
    size = config.data.size
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, label in enumerate(("real", "fake")):
            make_pictures(folder / "data" / label, images, size, size, seed=number)
        ours = _open_fit(config, folder)
        with _start_plain(config, folder / "data", same_settings=same_settings) as plain:
            pairs = [(ours(), plain()) for _ in range(turns + 1)][1:]
    return TrainingSpeed(
        fit_per_s=2 * images / statistics.median(mine.wall_s for mine, _ in pairs),
        plain_per_s=2 * images / statistics.median(other.wall_s for _, other in pairs),
        ratio=statistics.median(other.wall_s / mine.wall_s for mine, other in pairs),
        cpu_ratio=statistics.median(other.cpu_s / mine.cpu_s for mine, other in pairs),
    )


def _open_fit(config: TrainConfig, folder: Path) -> Callable[[], Epoch]:
    """Return what runs and times an epoch of our loop."""
    import tf_keras as keras

    from fakelens.train.data.batches import open_batches
    from fakelens.train.data.epoch import plan_epoch
    from fakelens.train.fit.loop import Examples, FitLoop, Stage
    from fakelens.train.fit.precision import choose_policy
    from fakelens.train.networks import build_network

    spec = describe_input(config.data)
    paths = list(walk_images(folder / "data"))
    pixels = np.concatenate([fit_image(load_image(path), spec) for path in paths])
    labels = np.array([path.parent.name == "fake" for path in paths], np.uint8)
    examples = Examples(
        images=pixels,
        labels=labels,
        targets=labels.astype(np.float32),
        class_weights=np.ones(2, np.float32),
        val_images=pixels[:1],
        val_labels=labels[:1],
    )
    keras.mixed_precision.set_global_policy(choose_policy(config.fit.precision))  # as the trainer does
    try:
        model = build_network(config.network, config.data.size)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    stage = Stage(name="float", fit=config.fit, augment=config.augment, seed=0, folder=folder)
    loop = FitLoop(model, examples, stage)
    rng = np.random.default_rng(0)

    def run_epoch() -> None:
        plan = plan_epoch(np.zeros(len(labels), np.float32), loop.batch_size, 0.0, rng)
        for batch in open_batches(pixels, examples.targets, plan, config.augment, rng):
            float(loop.train_step(*batch)[1])

    return partial(_time, run_epoch)


@contextmanager
def _start_plain(config: TrainConfig, data: Path, *, same_settings: bool) -> Iterator[Callable[[], Epoch]]:
    """Yield what runs and times an epoch of Keras' `fit`, in another process."""
    spawning = multiprocessing.get_context("spawn")
    mine, its = spawning.Pipe()
    process = spawning.Process(target=_serve_plain, args=(its, config, data, same_settings))
    process.start()
    its.close()  # so that its end is noticed here

    def run_epoch() -> Epoch:
        mine.send(True)
        epoch: Epoch = mine.recv()
        return epoch

    try:
        yield run_epoch
    finally:
        mine.close()
        process.join()


def _serve_plain(asked: Connection, config: TrainConfig, data: Path, same_settings: bool) -> None:
    """Run an epoch whenever `asked`, and send what it took."""
    if not same_settings:  # read until TensorFlow is imported
        os.environ.pop("TF_ENABLE_ONEDNN_OPTS", None)
    load_tensorflow()
    run_epoch = _open_plain(config, data)
    while True:
        try:
            asked.recv()
        except EOFError:
            return
        asked.send(_time(run_epoch))


def _open_plain(config: TrainConfig, data: Path) -> Callable[[], object]:
    """Return what runs an epoch of Keras' `fit`."""
    import tf_keras as keras

    from fakelens.train.networks import build_network

    size, augment = config.data.size, config.augment
    images = keras.utils.image_dataset_from_directory(
        data,
        class_names=["real", "fake"],
        batch_size=config.fit.batch_size,
        image_size=(size, size),
        seed=0,
    )
    image = keras.Input((size, size, 3))
    changed = keras.layers.Rescaling(1 / 255)(image)
    if augment.flip:
        changed = keras.layers.RandomFlip("horizontal")(changed)
    if augment.shift:
        share = augment.shift / size
        changed = keras.layers.RandomTranslation(share, share, fill_mode="reflect")(changed)
    model = keras.Model(image, build_network(config.network, size)(changed))
    model.compile(keras.optimizers.AdamW(), "sparse_categorical_crossentropy")

    return partial(model.fit, images, epochs=1, verbose=0)


def _time(step: Callable[[], object]) -> Epoch:
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return Epoch(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu)


if __name__ == "__main__":
    run_command(plain_keras)
