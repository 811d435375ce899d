"""Several decoders, each with the trace of its own up-sampling, trained to give photos back.

After AutoGAN (Zhang, Karaman and Chang 2019, arXiv:1907.06515) and DDA (Chen et al. 2025): fakes whose
content matches the reals leave a detector nothing to learn but the decoder. Of one decoder alone it would
learn that one, so there are the usual ways to up-sample, bottlenecks of several strengths, and drawn widths
and activations.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.adversary import build_adversarial_step
from fakelens.train.fakes.autoencoder import AutoencoderConfig, AutoencoderResult, build_step, run_steps
from fakelens.train.fakes.kinds import GeneratorSpec, Upsampling

GENERATOR_CROP_PX = 96  # of the crops to train on: three times what a strong bottleneck needs around a pixel
_OUTER = 16  # channels at full size, where they cost most
_INNER = (48, 64)  # channels at a quarter and an eighth of the side
_SLOPE = 0.2  # of the leaky ReLU


def train_generator(
    crops: ImageU8,
    spec: GeneratorSpec,
    config: AutoencoderConfig,
    on_step: Callable[[], None] = lambda: None,
) -> AutoencoderResult:
    """Train `spec` on `crops`, uint8 [n, h, w, 3], sides multiples of its scale; for `regenerate`."""
    keras.utils.set_random_seed(config.seed)
    model = build_generator(spec)
    build = build_adversarial_step if spec.adversarial else build_step
    loss = run_steps(crops, config, build(model, config), on_step)
    return AutoencoderResult(model=model, loss=loss, scale=spec.scale, margin=spec.margin)


def build_generator(spec: GeneratorSpec) -> keras.Model:
    """Build the network, fully convolutional, RGB 0..255 float32 [n, h, w, 3] in and out."""
    inputs = keras.Input((None, None, 3))
    x = colours = inputs / 127.5 - 1.0
    widths = [spec.width, *_INNER][: spec.halvings]
    for width in widths:
        x = _activate(_conv(x, width, 4, strides=2), spec)
    # A linear way into the latent image, and colours out of it at every size (as StyleGAN2's skips,
    # arXiv:1912.04958): a strong bottleneck learns in minutes what takes hours without them.
    latent = _conv(x, spec.latent) + _conv(tf.nn.space_to_depth(colours, spec.scale), spec.latent, 1)
    x = _activate(_conv(latent, widths[-1]), spec)
    if spec.halvings > 1:
        x = x + _conv(_activate(_conv(x, widths[-1]), spec), widths[-1])
    colours = _conv(latent, 3)
    for level in reversed(range(1, spec.halvings)):
        x = _activate(_double(x, spec, widths[level - 1]), spec)
        colours = _double(colours, spec, 3) + _conv(x, 3)
    if spec.direct:
        x = _double(x, spec, 3)
    else:
        x = _double(x, spec, _OUTER)
        for _ in range(spec.tail):
            x = _conv(_activate(x, spec), _OUTER)
        x = _conv(_activate(x, spec), 3)
    x = x + _double(colours, spec, 3)
    return keras.Model(inputs, x * 127.5 + 127.5, name=str(spec.generator))


def _double(x: Any, spec: GeneratorSpec, channels: int) -> Any:
    """Double the side of `x`, to `channels` channels."""
    if spec.upsampling is Upsampling.TRANSPOSED:
        return keras.layers.Conv2DTranspose(channels, spec.kernel, 2, "same")(x)
    if spec.upsampling is Upsampling.SHUFFLE:
        return tf.nn.depth_to_space(_conv(x, 4 * channels), 2)
    return _conv(keras.layers.UpSampling2D(2, interpolation=spec.upsampling.value)(x), channels)


def _conv(x: Any, channels: int, kernel: int = 3, strides: int = 1) -> Any:
    return keras.layers.Conv2D(channels, kernel, strides, "same")(x)


def _activate(x: Any, spec: GeneratorSpec) -> Any:
    if spec.activation == "leaky_relu":
        return keras.layers.LeakyReLU(_SLOPE)(x)
    return keras.layers.Activation(spec.activation)(x)


def measure_reach(model: keras.Model, side: int) -> int:
    """Return how far, in px, an input pixel of `model` reaches in the output; `side` bounds the search."""
    base = np.full((1, 2 * side, 2 * side, 3), 100.0, np.float32)
    poked = base.copy()
    poked[:, side, side] += 100.0
    changed = np.abs(model(poked).numpy() - model(base).numpy()).max(axis=(0, 3)) > 0
    rows, columns = np.nonzero(changed)
    return int(max(np.abs(rows - side).max(), np.abs(columns - side).max()))
