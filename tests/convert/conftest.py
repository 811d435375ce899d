"""Tiny finished runs: noise (fake) against flat blocks (real), learned in a second or two."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from fakelens.edge_runtime.contract import Contract, DataSource, InputSpec, Training

SIZE = 16
TRAIN, VALIDATION = 128, 60


def make_images(count, seed):
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


def make_network():
    import tf_keras as keras

    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))


def fit(network, epochs, rate, callbacks=()):
    import tf_keras as keras

    images, labels = make_images(TRAIN, seed=0)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit(images / 255.0, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=list(callbacks))


def fold_scaling(network):
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


def write_run(path, model, *, parent=None, quantization_aware=False, sparsity=0.0):
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
def float_network():
    import tf_keras as keras

    keras.utils.set_random_seed(0)
    network = make_network()
    fit(network, epochs=60, rate=0.01)
    return network


def quantize(network, epochs):
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


def prune(network):
    import tensorflow_model_optimization as tfmot

    schedule = tfmot.sparsity.keras.ConstantSparsity(0.5, 0, frequency=1)
    pruned = tfmot.sparsity.keras.prune_low_magnitude(clone(network), pruning_schedule=schedule)
    fit(pruned, epochs=10, rate=0.003, callbacks=[tfmot.sparsity.keras.UpdatePruningStep()])
    return tfmot.sparsity.keras.strip_pruning(pruned)


def clone(network):
    import tf_keras as keras

    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


@pytest.fixture
def untrained_network(float_network):
    """Quantization-aware in form, with ranges that no step has ever set."""
    return quantize(float_network, epochs=0)


@pytest.fixture
def untrained_folded_network(untrained_network):
    """The same with the input range that folding writes."""
    fold_scaling(untrained_network)
    return untrained_network


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, float_network) -> Path:
    """Shared and read-only; tests that damage a run take `run`."""
    folded = clone(float_network)
    fold_scaling(folded)
    return write_run(tmp_path_factory.mktemp("runs") / "plain", folded)


@pytest.fixture(scope="session")
def finished_qat_run(tmp_path_factory, float_network) -> Path:
    """Pruned to half, then quantization-aware; shared and read-only."""
    pruned = prune(float_network)
    aware = quantize(pruned, epochs=20)
    parent = clone(pruned)
    for network in (aware, parent):
        fold_scaling(network)
    return write_run(
        tmp_path_factory.mktemp("runs") / "qat", aware, parent=parent, quantization_aware=True, sparsity=0.5
    )


@pytest.fixture
def run(finished_run, tmp_path) -> Path:
    """A copy of the plain run, to be damaged."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))


@pytest.fixture
def qat_run(finished_qat_run, tmp_path) -> Path:
    """A copy of the quantization-aware run, to be damaged."""
    return Path(shutil.copytree(finished_qat_run, tmp_path / "qat"))
