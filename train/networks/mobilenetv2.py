"""MobileNetV2 (Sandler et al. 2018) as Keras ships it, as one flat graph, with our head."""

from pathlib import Path
from typing import Any

import tf_keras as keras

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import NetworkConfig

_NO_WEIGHTS = "none"


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network of width `alpha`, from random weights, ImageNet's, or a weights file without top.

    Raises `ConfigError` where the weights cannot be had: offline, a missing or unfitting file, an alpha
    that Keras has no weights for.
    """
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    base = _build_base(config, image)
    x = layers.GlobalAveragePooling2D(name="mean")(base.output)
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    return keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="mobilenetv2")


def _build_base(config: NetworkConfig, image: Any) -> Any:
    weights = None if config.weights == _NO_WEIGHTS else config.weights
    if weights not in (None, "imagenet") and not Path(weights).is_file():
        raise ConfigError(f"weights {weights}: no such file; give none, imagenet, a run or a Keras file")
    try:
        base = keras.applications.MobileNetV2(
            include_top=False, weights=weights, input_tensor=image, alpha=config.alpha
        )
    except Exception as error:
        raise ConfigError(_explain(config, error)) from error
    if weights is not None:
        _take_unit_range(base)
    return base


def _take_unit_range(base: Any) -> None:
    """Make weights learned on -1..1 take 0..1: conv(2x - 1, K) = conv(x, 2K) - sum(K), but for the border."""
    stem, norm = base.get_layer("Conv1"), base.get_layer("bn_Conv1")
    kernel = stem.get_weights()[0]
    stem.set_weights([kernel * 2.0])
    gamma, beta, mean, variance = norm.get_weights()
    norm.set_weights([gamma, beta, mean + kernel.sum(axis=(0, 1, 2)), variance])


def _explain(config: NetworkConfig, error: Exception) -> str:
    reason = str(error).splitlines()[0]
    if config.weights == "imagenet" and "fetch failure" in reason:
        return (
            "the ImageNet weights could not be downloaded, this machine seems to be offline; use "
            "--weights none, or fetch the file elsewhere and give --weights FILE"
        )
    return f"weights {config.weights} with alpha {config.alpha} cannot be used: {reason}"
