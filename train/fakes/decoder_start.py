"""Where a decoder's training starts: an enlarged picture of the right colours, found without a single step.

From random weights thousands of steps go by until hues are right. Here the first layer makes what is read in
the latents independent and alike, a linear fit takes the colours of blocks from it, layers that double the
colours enlarge, and there are no details yet.
"""

import numpy as np
import numpy.typing as npt
import tf_keras as keras

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.decoders import COLOURS, DETAIL, DOUBLE
from fakelens.train.fakes.latents import Latents

WHITE = "white"  # the first layer
_FITTED = 24  # cuts
_FAINTEST = 1e-4  # share of the greatest variance: what spreads less is not made as strong as the rest
_RIDGE = 1e-3
_SIDE = 3  # of the kernel that takes colours

Array = npt.NDArray[np.float32]


def start_from_colours(model: keras.Model, read: Latents, cuts: ImageU8) -> None:
    """Set weights of `model` by what is read in the latents of `cuts`."""
    read, cuts = read[:_FITTED], cuts[:_FITTED]
    kernel, shift = _whiten(read.reshape(-1, read.shape[-1]))
    model.get_layer(WHITE).set_weights([kernel[None, None], shift])
    model.get_layer(COLOURS).set_weights(_fit_colours(read @ kernel + shift, cuts))
    for layer in model.layers:
        if layer.name.startswith(DETAIL):
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
        elif layer.name.startswith(DOUBLE):
            old, bias = layer.get_weights()
            transposed = isinstance(layer, keras.layers.Conv2DTranspose)
            layer.set_weights([_interpolate(old.shape) if transposed else _repeat(old.shape), 0 * bias])


def _whiten(values: Array) -> tuple[Array, Array]:
    """Return the kernel and shift by which the channels of `values` [n, channels] become independent."""
    spreads, directions = np.linalg.eigh(np.cov(values, rowvar=False))
    kernel = directions / np.sqrt(np.maximum(spreads, _FAINTEST * spreads[-1]))
    return kernel.astype(np.float32), (-values.mean(axis=0) @ kernel).astype(np.float32)


def _fit_colours(white: Array, cuts: ImageU8) -> list[Array]:
    """Return kernel and bias that take the mean colours of the blocks of `cuts`, -1..1, from `white`."""
    count, height, width, channels = white.shape
    block = cuts.shape[1] // height
    means = cuts.reshape(count, height, block, width, block, 3).mean(axis=(2, 4)) / 127.5 - 1
    padded = np.pad(white, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [padded[:, y : y + height, x : x + width] for y in range(_SIDE) for x in range(_SIDE)]
    known = np.concatenate([*shifted, np.ones_like(white[..., :1])], axis=-1)
    known = known.reshape(-1, known.shape[-1])
    square = known.T @ known + _RIDGE * len(known) * np.eye(known.shape[1])
    fitted = np.linalg.solve(square, known.T @ means.reshape(-1, 3)).astype(np.float32)
    return [fitted[:-1].reshape(_SIDE, _SIDE, channels, 3), fitted[-1]]


def _repeat(shape: tuple[int, ...]) -> Array:
    """Return a kernel [h, w, 3, n * 3] that gives each colour again, n times."""
    kernel = np.zeros(shape, np.float32)
    kernel[shape[0] // 2, shape[1] // 2] = np.tile(np.eye(3), shape[3] // 3)
    return kernel


def _interpolate(shape: tuple[int, ...]) -> Array:
    """Return a kernel [3 or 4, 3 or 4, 3, 3] that, transposed, doubles the side bilinearly."""
    slope = np.array([0.5, 1.0, 0.5] if shape[0] == 3 else [0.25, 0.75, 0.75, 0.25])
    return (np.outer(slope, slope)[..., None, None] * np.eye(3)).astype(np.float32)
