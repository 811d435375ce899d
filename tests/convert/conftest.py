"""Tiny finished runs: noise (fake) against flat blocks (real), learned in a second or two."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tf_keras as keras
from PIL import Image

from fakelens.edge_runtime.modelfile.contract import Contract, DataSource, InputSpec, Training
from tests.conftest import MakeOnce

Array = npt.NDArray[Any]

SIZE = 16
TRAIN, VALIDATION = 128, 60


def make_images(count: int, seed: int) -> tuple[Array, Array]:
    """Images and labels in turn: 0 a mosaic of 4-px blocks, 1 noise of the same levels, mixed by a third."""
    generator = np.random.default_rng(seed)
    noise = generator.integers(0, 256, (count, SIZE, SIZE, 3))
    mosaic = np.kron(noise[:, ::4, ::4], np.ones((1, 4, 4, 1), int))
    labels = (np.arange(count) % 2).astype(np.uint8)
    share = np.where(labels == 1, 0.66, 0.34)[:, None, None, None] + generator.normal(
        0, 0.06, (count, 1, 1, 1)
    )
    images = share * noise + (1 - share) * mosaic
    return np.clip(images, 0, 255).astype(np.uint8), labels


def make_bright_images(count: int, size: int) -> npt.NDArray[np.uint8]:
    """Bright smooth pictures: neighbouring pixels go together, so errors of weights add up."""
    rng = np.random.default_rng(0)
    level = rng.uniform(60, 220, (count, 1, 1, 3))
    return np.clip(level + rng.normal(0, 12, (count, size, size, 3)), 0, 255).astype(np.uint8)


def make_network() -> keras.Model:
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))


def fit(network: keras.Model, epochs: int, rate: float, callbacks: Sequence[Any] = ()) -> None:
    images, labels = make_images(TRAIN, seed=0)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit(images / 255.0, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=list(callbacks))


def fold_scaling(network: keras.Model) -> None:
    """Let a network trained on 0..1 take 0..255, as training does before it saves."""
    for layer in network.layers:
        for weight in layer.weights:
            if weight.name.startswith("quantize_layer") and "_max" in weight.name:
                weight.assign(255.0)
            if weight.name.startswith("quantize_layer") and "_min" in weight.name:
                weight.assign(0.0)
    first = next(layer for layer in network.layers if "conv2d" in layer.name)
    for weight in first.weights:
        if "kernel" in weight.name:
            weight.assign(weight / 255.0)


def write_run(
    path: Path,
    model: keras.Model,
    *,
    parent: keras.Model | None = None,
    quantization_aware: bool = False,
    sparsity: float = 0.0,
) -> Path:
    path.mkdir(parents=True)
    model.save(path / "model.h5")
    if parent is not None:
        parent.save(path / "float.h5")
    for label, name in enumerate(("real", "fake")):
        folder = path / "calibration" / name
        folder.mkdir(parents=True)
        images, labels = make_images(24, seed=1)
        for index, image in enumerate(images[labels == label]):
            Image.fromarray(image).save(folder / f"{index:03}.png")
    images, labels = make_images(VALIDATION, seed=2)
    np.savez(path / "validation.npz", images=images, labels=labels)
    contract = Contract(
        name="tiny",
        description="Tells noise from mosaics.",
        input=InputSpec(size=SIZE),
        training=Training(
            data=(DataSource(name="mosaics", digest="ab" * 32, images=TRAIN),),
            network="three-layer",
            seed=3,
            parameters=model.count_params(),
            sparsity=sparsity,
            quantization_aware=quantization_aware,
        ),
    )
    record = {
        "format": 1,
        "contract": asdict(contract),
        "quantization_aware": quantization_aware,
        "history": [],
        "metrics": {"accuracy": 1.0},
        "data": {},
        "config": {},
    }
    (path / "run.json").write_text(json.dumps(record))
    return path


@pytest.fixture(scope="session")
def float_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    network = make_network()
    fit(network, epochs=60, rate=0.01)
    return network


def quantize(network: keras.Model, epochs: int) -> keras.Model:
    """Quantization-aware and pruned to half: fine-tuned for `epochs`, zeros kept."""
    import tensorflow_model_optimization as tfmot

    if not epochs:
        return tfmot.quantization.keras.quantize_model(network)
    annotated = tfmot.quantization.keras.quantize_annotate_model(network)
    scheme = tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
    with tfmot.quantization.keras.quantize_scope():
        aware = tfmot.quantization.keras.quantize_apply(annotated, scheme)
    fit(aware, epochs, rate=0.001)
    return aware


def prune(network: keras.Model) -> keras.Model:
    import tensorflow_model_optimization as tfmot

    schedule = tfmot.sparsity.keras.ConstantSparsity(0.5, 0, frequency=1)
    pruned = tfmot.sparsity.keras.prune_low_magnitude(clone(network), pruning_schedule=schedule)
    fit(pruned, epochs=10, rate=0.003, callbacks=[tfmot.sparsity.keras.UpdatePruningStep()])
    return tfmot.sparsity.keras.strip_pruning(pruned)


def clone(network: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


@pytest.fixture
def untrained_network(float_network: keras.Model) -> keras.Model:
    """Quantization-aware in form, with ranges that no step has ever set."""
    return quantize(float_network, epochs=0)


@pytest.fixture
def untrained_folded_network(untrained_network: keras.Model) -> keras.Model:
    """The same with the input range that folding writes."""
    fold_scaling(untrained_network)
    return untrained_network


@pytest.fixture(scope="session")
def finished_run(make_once: MakeOnce, request: pytest.FixtureRequest) -> Path:
    """Shared and read-only; tests that damage a run take `run`."""

    def write(path: Path) -> None:
        folded = clone(request.getfixturevalue("float_network"))
        fold_scaling(folded)
        write_run(path, folded)

    return make_once("plain-run", write)


@pytest.fixture(scope="session")
def finished_qat_run(make_once: MakeOnce, request: pytest.FixtureRequest) -> Path:
    """Pruned to half, then quantization-aware; shared and read-only."""

    def write(path: Path) -> None:
        pruned = prune(request.getfixturevalue("float_network"))
        aware = quantize(pruned, epochs=20)
        parent = clone(pruned)
        for network in (aware, parent):
            fold_scaling(network)
        write_run(path, aware, parent=parent, quantization_aware=True, sparsity=0.5)

    return make_once("qat-run", write)


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the plain run, to be damaged."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))


@pytest.fixture
def qat_run(finished_qat_run: Path, tmp_path: Path) -> Path:
    """A copy of the quantization-aware run, to be damaged."""
    return Path(shutil.copytree(finished_qat_run, tmp_path / "qat"))


@pytest.fixture
def lossy_run(run: Path) -> Path:
    """A run that int8 ruins: huge opposite weights that cancel in float alone."""
    network = keras.models.load_model(run / "model.h5", compile=False)
    features, classes = network.layers[3], network.layers[-1]
    kernel, bias = features.get_weights()
    kernel[..., 1], bias[1] = kernel[..., 0], bias[0]
    features.set_weights([kernel, bias])
    kernel, bias = classes.get_weights()
    kernel[0] += 1e4
    kernel[1] -= 1e4
    classes.set_weights([kernel, bias])
    network.save(run / "model.h5")
    return run
