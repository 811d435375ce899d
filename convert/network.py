"""The Keras networks of a run: loaded, checked, asked."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from fakelens.convert.run import Run
from fakelens.edge_runtime.errors import RunError
from fakelens.edge_runtime.pictures.preprocess import ImageU8

_BATCH, _PIXELS = 256, 4_000_000  # at most: what a network makes of so many pixels stays below some 2 GB
# A trained quantizer's range follows its kernel within a step; an untrained one stays at 6.
_UNTRAINED_RATIO = 4.0
_RETRAIN = "train again with `fakelens train --qat` and at least one epoch"


def load_network(path: Path, run: Run) -> keras.Model:
    """Return the network in `path`; `RunError` where it does not load or is not of this run's shape."""
    path.open("rb").close()  # Keras says in words of its own that it may not
    try:
        with tfmot.quantization.keras.quantize_scope():
            network = keras.models.load_model(path, compile=False)
    except Exception as error:  # h5py and Keras raise many kinds on damaged files
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{path}: does not load ({reason}); train again with `fakelens train`") from error
    size = run.contract.input.size
    shapes = network.input_shape, network.output_shape
    if shapes != ((None, size, size, 3), (None, len(run.contract.labels))):
        raise RunError(
            f"{path}: takes {shapes[0]} and gives {shapes[1]}, the contract says {size} px and "
            f"{len(run.contract.labels)} labels; train again with `fakelens train`"
        )
    return network


def check_quantizers(network: keras.Model, path: Path) -> None:
    """Raise `RunError` where quantization-aware training never set the ranges of `network`.

    Such a file converts without complaint and answers nonsense.
    """
    values = {weight.name: weight.numpy() for layer in network.layers for weight in layer.weights}
    ranges = [
        (float(low), float(values[name.replace("_min:", "_max:")]))
        for name, low in values.items()
        if name.startswith("quantize_layer") and "_min:" in name
    ]
    if not ranges:
        raise RunError(f"{path}: run.json says quantization-aware but it has no input quantizer; {_RETRAIN}")
    low, high = ranges[0]
    if not np.allclose((low, high), (0.0, 255.0), atol=0.1):
        raise RunError(
            f"{path}: the input quantizer covers {low:g} to {high:g}, expected 0 to 255, "
            f"it was never trained; {_RETRAIN}"
        )
    for layer in network.layers:
        name = _find_untrained(layer)
        if name:
            raise RunError(f"{path}: the quantizer of {name} was never trained; {_RETRAIN}")


def predict(network: keras.Model, images_u8: ImageU8) -> npt.NDArray[np.float32]:
    """Return the class probabilities [n, classes] of raw RGB `images_u8` [n, size, size, 3]."""
    batch = min(_BATCH, max(1, _PIXELS // (images_u8.shape[1] * images_u8.shape[2])))
    batches = [
        np.asarray(network(images_u8[start : start + batch].astype(np.float32), training=False))
        for start in range(0, len(images_u8), batch)
    ]
    return np.concatenate(batches)


def _find_untrained(layer: Any) -> str | None:
    """Name the layer where its kernel's range is unlike its kernel; true at any scale of the kernel."""
    largest = {"kernel": 0.0, "kernel_max": 0.0}
    for weight in layer.weights:
        kind = weight.name.rsplit("/", 1)[-1].split(":")[0].removeprefix("depthwise_")
        if kind in largest:
            largest[kind] = float(np.max(np.abs(weight.numpy()), initial=0.0))
    untrained = largest["kernel_max"] > _UNTRAINED_RATIO * largest["kernel"] > 0
    return str(layer.name) if untrained else None
