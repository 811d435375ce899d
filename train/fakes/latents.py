"""A real latent auto-encoder: photos through the latent space of an image generator and back.

What a latent diffusion model draws, its decoder paints: the decoder's traces are in every picture of such a
model, whatever the prompt. A photo that went through encoder and decoder carries them and keeps its content,
so a detector that learns from such pairs cannot learn taste (AlignedForensics, ICLR 2025; B-Free, CVPR
2025; DDA, NeurIPS 2025). The network is FLUX.2's tiny auto-encoder (TAESD, Ollin Boer Bohan, MIT), whose
weights the caller names; they are not part of fakelens.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.torch_weights import Weights, hash_file, read_torch_weights

SCALE = 8  # px of a photo to one place of the latent image
READ_SCALE = 4  # px to one place of what the decoder reads in the latents
LATENT_CHANNELS = 32
ENCODER_SHA256 = "10a4e1021e89d7551eaf161352da8dbd0b1aa83872ae28b150c1df1ce2f147b6"
DECODER_SHA256 = "0a44a31e1ae59eb9dbf9359d24942fd3ef5928162c1800d97a28c61d51be0ab5"
_ORIGIN = "github.com/madebyollin/taesd"
_ENCODER = ("0", "2", "6", "10", "14")  # convolutions that tell the halves apart
_DECODER = ("1", "7", "12", "17", "19")
_NOTHING = np.empty(0)
_LIMIT = 3.0  # of a latent value: the decoder takes tanh(x / 3) * 3
_GROUPS = 4  # of the group norm
_EPSILON = 1e-5

Latents = npt.NDArray[np.float32]  # [n, h / SCALE, w / SCALE, LATENT_CHANNELS]


@dataclass(frozen=True, kw_only=True)
class LatentAutoencoder:
    """An encoder and a decoder, RGB 0..1 [n, h, w, 3] outside, h and w multiples of SCALE."""

    encoder: dict[str, tf.Tensor]
    decoder: dict[str, tf.Tensor]

    @property
    def read_channels(self) -> int:
        """Channels of what `read` returns."""
        return int(self.decoder["1.weight"].shape[3])

    def encode(self, images_u8: ImageU8) -> Latents:
        """Return the latents [n, h / 8, w / 8, 32] of images, uint8 [n, h, w, 3]."""
        return np.asarray(_encode(self.encoder, tf.constant(images_u8)))

    def read(self, latents: Latents) -> Latents:
        """Return what the decoder reads in latents, [n, h / 4, w / 4, read_channels], before it goes on."""
        return np.asarray(_read_latents(self.decoder, tf.constant(latents)))

    def decode(self, latents: Latents) -> ImageU8:
        """Return images, uint8 [n, h, w, 3], of latents [n, h / 8, w / 8, 32]."""
        return np.asarray(_decode(self.decoder, tf.constant(latents)))


def load_autoencoder(
    encoder: Path, decoder: Path, digests: tuple[str, str] | None = (ENCODER_SHA256, DECODER_SHA256)
) -> LatentAutoencoder:
    """Return the auto-encoder in two files of PyTorch weights.

    Raises `ConfigError` where one is missing, is not the file whose digest is known, or does not fit; with
    `digests` None any weights of this shape will do.
    """
    known = digests or (None, None)
    return LatentAutoencoder(
        encoder=_take(_read(encoder, known[0], known[1], "encoder"), encoder, _ENCODER),
        decoder=_take(_read(decoder, known[1], known[0], "decoder"), decoder, _DECODER),
    )


def _read(path: Path, digest: str | None, other: str | None, half: str) -> Weights:
    """Return the weights in `path`, whose digest is to be `digest`; `other` is that of the other half."""
    try:
        return read_torch_weights(path, digest)
    except ConfigError as error:
        if digest is not None and path.is_file() and hash_file(path) == other:
            raise ConfigError(f"{path}: this is not the {half}: give ENCODER, then DECODER") from error
        raise ConfigError(f"{error}; give the taef2_{half}.pth that {_ORIGIN} offers") from error


def _take(weights: Weights, path: Path, layers: tuple[str, ...]) -> dict[str, tf.Tensor]:
    """Return `weights` in TensorFlow's order; `ConfigError` unless they are those of `layers`."""
    missing = [name for name in layers if weights.get(f"{name}.weight", _NOTHING).ndim != 4]
    if missing:
        raise ConfigError(
            f"{path}: not this half of the auto-encoder, there is no layer {missing[0]}: "
            "give ENCODER, then DECODER"
        )
    return {
        name: tf.constant(
            value.transpose(2, 3, 1, 0) if value.ndim == 4 else value,
            tf.bfloat16 if value.ndim == 4 else tf.float32,
        )
        for name, value in weights.items()
    }


@tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
def _encode(weights: dict[str, Any], images_u8: Any) -> Any:
    x = tf.cast(images_u8, tf.bfloat16) / 255
    x = _block(weights, 1, _convolve(weights, "0", x))
    for first in (2, 6, 10):
        x = _convolve(weights, str(first), x, stride=2)
        for step in range(1, 4):
            x = _block(weights, first + step, x)
    return tf.cast(_convolve(weights, "14", x), tf.float32)


@tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
def _decode(weights: dict[str, Any], latents: Any) -> Any:
    x = _double(weights, "12", _start(weights, latents))
    x = _double(weights, "17", _run_blocks(weights, 13, x))
    x = _convolve(weights, "19", _block(weights, 18, x))
    return tf.cast(tf.round(tf.clip_by_value(tf.cast(x, tf.float32), 0.0, 1.0) * 255), tf.uint8)


@tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
def _read_latents(weights: dict[str, Any], latents: Any) -> Any:
    return tf.cast(_start(weights, latents), tf.float32)


def _start(weights: dict[str, Any], latents: Any) -> Any:
    """Return what the decoder's layers up to a quarter of the side make of latents."""
    x = tf.cast(tf.tanh(latents / _LIMIT) * _LIMIT, tf.bfloat16)
    x = _run_blocks(weights, 3, tf.nn.relu(_convolve(weights, "1", x)))
    return _run_blocks(weights, 8, _double(weights, "7", x))


def _run_blocks(weights: dict[str, Any], first: int, x: Any) -> Any:
    for step in range(3):
        x = _block(weights, first + step, x)
    return x


def _block(weights: dict[str, Any], number: int, x: Any) -> Any:
    """Return three convolutions of `x` plus `x`; blocks with a pool first add what the whole image says."""
    if f"{number}.pool.0.weight" in weights:
        y = tf.nn.conv2d(x, weights[f"{number}.pool.0.weight"], 1, "VALID")
        y = _normalize(y, weights[f"{number}.pool.1.weight"], weights[f"{number}.pool.1.bias"])
        x += tf.nn.conv2d(tf.nn.relu(y), weights[f"{number}.pool.3.weight"], 1, "VALID")
    y = tf.nn.relu(_convolve(weights, f"{number}.conv.0", x))
    y = tf.nn.relu(_convolve(weights, f"{number}.conv.2", y))
    return tf.nn.relu(_convolve(weights, f"{number}.conv.4", y) + x)


def _double(weights: dict[str, Any], name: str, x: Any) -> Any:
    return _convolve(weights, name, tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2))


def _convolve(weights: dict[str, Any], name: str, x: Any, stride: int = 1) -> Any:
    if stride > 1:  # TensorFlow pads the far side first, PyTorch both alike
        x = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    x = tf.nn.conv2d(x, weights[f"{name}.weight"], stride, "SAME" if stride == 1 else "VALID")
    bias = weights.get(f"{name}.bias")
    return x if bias is None else x + tf.cast(bias, x.dtype)


def _normalize(x: Any, scale: Any, shift: Any) -> Any:
    """Group norm over height, width and the channels of a group."""
    shape = tf.shape(x)
    groups = tf.reshape(tf.cast(x, tf.float32), (shape[0], shape[1] * shape[2], _GROUPS, -1))
    mean, variance = tf.nn.moments(groups, (1, 3), keepdims=True)
    groups = (groups - mean) * tf.math.rsqrt(variance + _EPSILON)
    return tf.cast(tf.reshape(groups, shape) * scale + shift, x.dtype)
