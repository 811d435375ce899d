"""From a latent image to a picture: the usual ways to up-sample, as layers."""

from typing import Any

import tensorflow as tf
import tf_keras as keras

from fakelens.train.fakes.kinds import DecoderSpec, Upsampling

_SLOPE = 0.2  # of the leaky ReLU
COLOURS, DOUBLE, DETAIL = "colours", "double", "detail"  # how layers of three channels are called


def decode(latent: Any, spec: DecoderSpec) -> Any:
    """Return the picture, RGB 0..255 [n, h, w, 3], of the latent image [n, h / scale, w / scale, channels].

    Colours come out of it at every size (as StyleGAN2's skips, arXiv:1912.04958).
    """
    x = activate(convolve(latent, spec.widths[-1]), spec)
    x = _refine(x, spec, spec.blocks)
    colours = convolve(latent, 3, name=COLOURS)
    for level in reversed(range(1, spec.halvings)):
        x = activate(_double(x, spec, spec.widths[level - 1]), spec)
        x = _refine(x, spec, spec.blocks - (spec.halvings - level))
        colours = _double(colours, spec, 3, f"{DOUBLE}{level}") + convolve(x, 3, name=f"{DETAIL}{level}")
    if spec.direct:
        x = _double(x, spec, 3)
    else:
        x = _double(x, spec, spec.outer)
        for _ in range(spec.tail):
            x = convolve(activate(x, spec), spec.outer)
        x = convolve(activate(x, spec), 3, name=f"{DETAIL}0")
    x = x + _double(colours, spec, 3, f"{DOUBLE}0")
    return x * 127.5 + 127.5


def convolve(x: Any, channels: int, kernel: int = 3, strides: int = 1, name: str | None = None) -> Any:
    """Convolve with zeros around the image."""
    return keras.layers.Conv2D(channels, kernel, strides, "same", name=name)(x)


def activate(x: Any, spec: DecoderSpec) -> Any:
    """Apply the activation of `spec`."""
    if spec.activation == "leaky_relu":
        return keras.layers.LeakyReLU(_SLOPE)(x)
    return keras.layers.Activation(spec.activation)(x)


def _refine(x: Any, spec: DecoderSpec, blocks: int) -> Any:
    for _ in range(blocks):
        x = x + convolve(activate(convolve(x, x.shape[-1]), spec), x.shape[-1])
    return x


def _double(x: Any, spec: DecoderSpec, channels: int, name: str | None = None) -> Any:
    """Double the side of `x`, to `channels` channels."""
    if spec.upsampling is Upsampling.TRANSPOSED:
        return keras.layers.Conv2DTranspose(channels, spec.kernel, 2, "same", name=name)(x)
    if spec.upsampling is Upsampling.SHUFFLE:
        return tf.nn.depth_to_space(convolve(x, 4 * channels, name=name), 2)
    return convolve(keras.layers.UpSampling2D(2, interpolation=spec.upsampling.value)(x), channels, name=name)
