"""A small up-sampling auto-encoder: it gives a photo back with a trace such as generators leave.

After AutoGAN (Zhang, Karaman and Chang 2019, arXiv:1907.06515): what betrays a generated image is less
its content than the decoder's up-sampling, so a decoder that only has to reproduce photos makes fakes
whose content matches the reals. Strided transposed convolutions leave a checkerboard of the period of
their stride (Odena, Dumoulin and Olah 2016), the same in every image of one generator (Marra et al. 2019).
This decoder hardly has one, since it starts from a linear optimum: so a lattice of that period is put in
on purpose, `_build_lattice`. A detector trained on such fakes learns mainly this lattice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras

from fakelens.edge_runtime.preprocess import ImageU8

CROP_PX = 64  # of the crops to train on
MARGIN_PX = 24  # no pixel of the output depends on one farther away; a multiple of the scale
_SCALE = 4  # the latent image is so much smaller
_HALF_CHANNELS, _LATENT_CHANNELS, _BLOCK_CHANNELS = 16, 16, 64
_LATTICE_RMS = 3.0  # grey levels in flat places: seen only when enlarged
_DOUBLING_CONTRAST = 8.0  # grey levels; the lattice grows with what the decoder has to draw
_BLOCK_PX = 256  # of the blocks a photo is regenerated in, to bound the memory
_EDGE_PX = 8  # of a crop, left out of the loss: there the padding shows


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """How long the auto-encoder is trained."""

    steps: int = 150
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class AutoencoderResult:
    """A trained auto-encoder, RGB 0..255 float32 [n, h, w, 3] in and out, h and w multiples of 4."""

    model: keras.Model
    lattice: npt.NDArray[np.float32]  # [4, 4, 3], grey levels: what the up-sampling leaves everywhere
    loss: float  # mean over the last tenth of the steps


def train_autoencoder(
    crops: ImageU8, config: AutoencoderConfig, on_step: Callable[[], None] = lambda: None
) -> AutoencoderResult:
    """Train on `crops`, uint8 [n, CROP_PX, CROP_PX, 3]; `on_step` is called after every step."""
    keras.utils.set_random_seed(config.seed)
    model = build_autoencoder(crops)
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps)
    optimizer = keras.optimizers.Adam(schedule)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
    def step(batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = _measure_loss(batch, model(batch, training=True))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    losses = []
    for batch in _draw_batches(crops, config):
        losses.append(float(step(tf.constant(batch))))
        on_step()
    loss = float(np.mean(losses[-max(1, len(losses) // 10) :]))
    return AutoencoderResult(model=model, lattice=_build_lattice(config.seed), loss=loss)


def build_autoencoder(crops: ImageU8) -> keras.Model:
    """Build the network; it starts as the best linear auto-encoder of `crops`.

    The strided convolutions begin with the principal components of the crops, and the nonlinear blocks
    begin at zero: so a minute of training goes into the detail, not into finding colours and edges.
    """
    layers = keras.layers
    half_basis, latent_basis = _principal_components(crops)
    inputs = keras.Input((None, None, 3))
    x = inputs / 127.5 - 1.0
    x = layers.Conv2D(_HALF_CHANNELS, 4, 2, "same", kernel_initializer=_constant(half_basis))(x)
    x = layers.Conv2D(_LATENT_CHANNELS, 4, 2, "same", kernel_initializer=_constant(latent_basis))(x)
    x = _add_block(x, _LATENT_CHANNELS)
    x = layers.Conv2DTranspose(_HALF_CHANNELS, 4, 2, "same", kernel_initializer=_constant(latent_basis))(x)
    x = _add_block(x, _HALF_CHANNELS)
    x = layers.Conv2DTranspose(3, 4, 2, "same", kernel_initializer=_constant(half_basis))(x)
    return keras.Model(inputs, x * 127.5 + 127.5, name="autoencoder")


def regenerate(trained: AutoencoderResult, photo: ImageU8) -> ImageU8:
    """Return `photo`, uint8 [h, w, 3], as the auto-encoder gives it back: same shape, grey stays grey.

    Within MARGIN_PX of the photo's border the padding shows: cut it away.
    """
    height, width = photo.shape[:2]
    right, below = (-width) % _SCALE, (-height) % _SCALE
    padded = np.pad(
        photo, ((MARGIN_PX, MARGIN_PX + below), (MARGIN_PX, MARGIN_PX + right), (0, 0)), "reflect"
    )
    result = np.empty_like(photo)
    is_grey = bool((photo == photo[..., :1]).all())  # a hue in a grey photo would be a giveaway of its own
    for top, left in _block_corners(height, width):
        block = padded[top : top + _BLOCK_PX + 2 * MARGIN_PX, left : left + _BLOCK_PX + 2 * MARGIN_PX]
        output = trained.model(block[None].astype(np.float32)).numpy()
        target = result[top : top + _BLOCK_PX, left : left + _BLOCK_PX]
        repeats = (output.shape[1] // _SCALE, output.shape[2] // _SCALE, 1)
        output = output + np.tile(trained.lattice, repeats) * _measure_gain(output)
        output = output[0, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX][: target.shape[0], : target.shape[1]]
        if is_grey:
            output = output.mean(axis=-1, keepdims=True)
        target[:] = np.clip(np.rint(output), 0, 255).astype(np.uint8)
    return result


def _measure_gain(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return [1, h, w, 1]: 1 in flat places of `image`, more where it is busy (uneven kernels multiply)."""
    detail = tf.abs(image - tf.nn.avg_pool2d(image, 3, 1, "SAME"))
    contrast = tf.reduce_mean(tf.nn.avg_pool2d(detail, 9, 1, "SAME"), axis=-1, keepdims=True)
    return np.asarray(1.0 + contrast / _DOUBLING_CONTRAST, dtype=np.float32)


def _build_lattice(seed: int) -> npt.NDArray[np.float32]:
    """Return what unevenly overlapping kernels add at each place of a 4x4 cell: mostly grey, mean zero."""
    rng = np.random.default_rng(seed)
    lattice = rng.normal(size=(_SCALE, _SCALE, 1)) + 0.3 * rng.normal(size=(_SCALE, _SCALE, 3))
    lattice -= lattice.mean(axis=(0, 1))
    return np.asarray(lattice * (_LATTICE_RMS / lattice.std()), dtype=np.float32)


def _block_corners(height: int, width: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, _BLOCK_PX):
        for left in range(0, width, _BLOCK_PX):
            yield top, left


def _add_block(x: tf.Tensor, channels: int) -> tf.Tensor:
    layers = keras.layers
    y = layers.Conv2D(_BLOCK_CHANNELS, 3, padding="same", activation="relu")(x)
    return x + layers.Conv2D(channels, 1, kernel_initializer="zeros")(y)


def _measure_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Return L1 + L1 of the gradients + the missing local sharpness, so that fakes are not just blurry."""
    real, fake = (image[:, _EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX] for image in (real, fake))
    error = real - fake
    rows, columns = _gradients(error)
    sharpness = tf.reduce_mean(tf.abs(_local_sharpness(real) - _local_sharpness(fake)))
    return (
        tf.reduce_mean(tf.abs(error))
        + 0.5 * (tf.reduce_mean(tf.abs(rows)) + tf.reduce_mean(tf.abs(columns)))
        + sharpness
    )


def _gradients(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return image[:, 1:, :-1] - image[:, :-1, :-1], image[:, :-1, 1:] - image[:, :-1, :-1]


def _local_sharpness(image: tf.Tensor) -> tf.Tensor:
    rows, columns = _gradients(image)
    return tf.nn.avg_pool2d(tf.abs(rows) + tf.abs(columns), 8, 4, "VALID")


def _draw_batches(crops: ImageU8, config: AutoencoderConfig) -> Iterator[npt.NDArray[np.float32]]:
    """Yield batches with random colours and contrast: few photos must do for all hues."""
    rng = np.random.default_rng(config.seed)
    shape = (config.batch_size, 1, 1, 3)
    for _ in range(config.steps):
        batch = crops[rng.integers(0, len(crops), config.batch_size)].astype(np.float32)
        batch = batch[..., rng.permutation(3)][:, :, :: rng.choice([-1, 1])]
        gain = rng.uniform(0.6, 1.0, shape)
        yield (batch * gain + rng.uniform(0.0, 255.0, shape) * (1.0 - gain)).astype(np.float32)


def _principal_components(crops: ImageU8) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the kernels [4, 4, in, out] of both strided convolutions, 2x2 components in their middle."""
    image = crops[:: max(1, len(crops) // 256)].astype(np.float32) / 127.5 - 1.0
    half = _leading_components(_fold(image), _HALF_CHANNELS)
    latent = _leading_components(_fold(_fold(image) @ half), _LATENT_CHANNELS)
    return _to_kernel(half, 3), _to_kernel(latent, _HALF_CHANNELS)


def _fold(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Stack each 2x2 neighbourhood into the channels: [n, h, w, c] -> [n, h/2, w/2, 4c]."""
    n, height, width, channels = image.shape
    folded = image.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return np.reshape(folded, (n, height // 2, width // 2, 4 * channels))


def _leading_components(image: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """Return the `count` main axes as columns, [channels, count]; zeros where there are fewer."""
    rows = image.reshape(-1, image.shape[-1])
    axes = np.linalg.eigh(rows.T @ rows / len(rows))[1][:, ::-1][:, :count]
    return np.pad(axes, ((0, 0), (0, count - axes.shape[1]))).astype(np.float32)


def _to_kernel(axes: npt.NDArray[np.float32], channels: int) -> npt.NDArray[np.float32]:
    kernel = axes.reshape(2, 2, channels, axes.shape[1])
    return np.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))


def _constant(value: npt.NDArray[np.float32]) -> keras.initializers.Initializer:
    return keras.initializers.Constant(value)
