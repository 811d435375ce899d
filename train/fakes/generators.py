"""Several decoders, each with the trace of its own up-sampling, trained to give photos back.

After AutoGAN (Zhang, Karaman and Chang 2019, arXiv:1907.06515) and DDA (Chen et al. 2025): fakes whose
content matches the reals leave a detector nothing to learn but the decoder. Of one decoder alone it would
learn that one, so there are the usual ways to up-sample, bottlenecks of several strengths, and drawn widths
and activations.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras as keras

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.adversary import build_adversarial_step
from fakelens.train.fakes.autoencoder import (
    AutoencoderConfig,
    AutoencoderResult,
    build_step,
    draw_batches,
    run_steps,
)
from fakelens.train.fakes.decoders import activate, convolve, decode
from fakelens.train.fakes.kinds import GeneratorSpec

GENERATOR_CROP_PX = 96  # of the crops to train on: three times what a strong bottleneck needs around a pixel


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
    loss = run_steps(draw_batches(crops, config), build(model, config), on_step)
    return AutoencoderResult(model=model, loss=loss, scale=spec.scale, margin=spec.margin)


def build_generator(spec: GeneratorSpec) -> keras.Model:
    """Build the network, fully convolutional, RGB 0..255 float32 [n, h, w, 3] in and out."""
    inputs = keras.Input((None, None, 3))
    x = colours = inputs / 127.5 - 1.0
    for width in spec.widths:
        x = activate(convolve(x, width, 4, strides=2), spec)
    # A linear way into the latent image, as there is one out of it: a strong bottleneck learns in minutes
    # what takes hours without them.
    latent = convolve(x, spec.latent) + convolve(tf.nn.space_to_depth(colours, spec.scale), spec.latent, 1)
    return keras.Model(inputs, decode(latent, spec), name=str(spec.generator))


def measure_reach(model: keras.Model, side: int) -> int:
    """Return how far, in px, an input pixel of `model` reaches in the output; `side` bounds the search."""
    base = np.full((1, 2 * side, 2 * side, 3), 100.0, np.float32)
    poked = base.copy()
    poked[:, side, side] += 100.0
    changed = np.abs(model(poked).numpy() - model(base).numpy()).max(axis=(0, 3)) > 0
    rows, columns = np.nonzero(changed)
    return int(max(np.abs(rows - side).max(), np.abs(columns - side).max()))
