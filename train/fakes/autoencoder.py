"""A small up-sampling auto-encoder: it gives a photo back with the trace that up-sampling leaves.

After AutoGAN (Zhang, Karaman and Chang 2019, arXiv:1907.06515): what betrays a generated image is less
its content than the decoder's up-sampling, so a decoder that only has to reproduce photos makes fakes
whose content matches the reals. This one doubles by nearest neighbour and convolves, as many generators do.
Nothing is put in on purpose: what a detector finds is what the decoder leaves, one decoder's trace alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras as keras

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fit.interrupts import postponed_interrupts

CROP_PX = 64  # of the crops to train on
MARGIN_PX = 24  # no pixel of the output depends on one farther away; a multiple of the scale
_SCALE = 2  # the latent image is so much smaller
_CHANNELS, _LATENT_CHANNELS = 32, 12  # 12 numbers for 2x2 pixels of three: a choice, not a squeeze
_SLOPE = 0.2  # of the leaky ReLU
_BLOCK_PX = 256  # of the blocks a photo is regenerated in, to bound the memory; wide margins, wider blocks

Step = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # what goes in, what is to come out; the loss
Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # the two of a step


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """How long the auto-encoder is trained."""

    steps: int = 400
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 0
    recolour: bool = True  # random colours and contrast: few photos must do for all hues
    edge_px: int = 8  # of a crop, left out of the loss: there the padding shows


@dataclass(frozen=True, kw_only=True)
class AutoencoderResult:
    """A trained auto-encoder, RGB 0..255 float32 [n, h, w, 3] in and out, h and w even."""

    model: keras.Model
    loss: float  # mean over the last tenth of the steps
    scale: int = _SCALE  # height and width must be multiples of it
    margin: int = MARGIN_PX  # px; no output pixel depends on one farther away; a multiple of the scale


def train_autoencoder(
    crops: ImageU8, config: AutoencoderConfig, on_step: Callable[[], None] = lambda: None
) -> AutoencoderResult:
    """Train on `crops`, uint8 [n, CROP_PX, CROP_PX, 3]; `on_step` is called after every step."""
    keras.utils.set_random_seed(config.seed)
    model = build_autoencoder()
    loss = run_steps(draw_batches(crops, config), build_step(model, config), on_step)
    return AutoencoderResult(model=model, loss=loss)


def build_step(model: keras.Model, config: AutoencoderConfig) -> Step:
    """Return one step of training `model` to make the second of a batch, RGB 0..255, of the first."""
    optimizer = build_optimizer(config)

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator, unused-ignore]
    def step(inputs: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = measure_loss(wanted, model(inputs, training=True), config.edge_px)
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step  # type: ignore[no-any-return, unused-ignore]


def build_optimizer(config: AutoencoderConfig) -> keras.optimizers.Optimizer:
    """Return Adam on half a cosine over the steps."""
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps)
    return keras.optimizers.Adam(schedule)


def run_steps(batches: Iterable[Batch], step: Step, on_step: Callable[[], None]) -> float:
    """Run a step on each of `batches`; return the mean loss of the last tenth."""
    losses = []
    with postponed_interrupts() as stop_if_asked:
        for inputs, wanted in batches:
            stop_if_asked()
            losses.append(float(step(tf.constant(inputs), tf.constant(wanted))))
            on_step()
    return float(np.mean(losses[-max(1, len(losses) // 10) :]))


def build_autoencoder() -> keras.Model:
    """Build the network, fully convolutional, with random weights."""
    layers = keras.layers
    inputs = keras.Input((None, None, 3))
    x = inputs / 127.5 - 1.0
    x = layers.LeakyReLU(_SLOPE)(layers.Conv2D(_CHANNELS, 4, _SCALE, "same")(x))
    x = layers.Conv2D(_LATENT_CHANNELS, 3, padding="same")(x)
    x = layers.LeakyReLU(_SLOPE)(layers.Conv2D(_CHANNELS, 3, padding="same")(x))
    x = layers.UpSampling2D(_SCALE)(x)  # nearest neighbour
    x = layers.Conv2D(3, 3, padding="same")(x)
    return keras.Model(inputs, x * 127.5 + 127.5, name="autoencoder")


def regenerate(trained: AutoencoderResult, photo: ImageU8) -> ImageU8:
    """Return `photo`, uint8 [h, w, 3], as the auto-encoder gives it back: same shape, grey stays grey.

    Within the margin of the photo's border the padding shows: cut it away where that matters.
    """
    height, width = photo.shape[:2]
    margin, right, below = trained.margin, (-width) % trained.scale, (-height) % trained.scale
    padded = np.pad(photo, ((margin, margin + below), (margin, margin + right), (0, 0)), "reflect")
    result = np.empty_like(photo)
    is_grey = bool((photo == photo[..., :1]).all())  # a hue in a grey photo would be a giveaway of its own
    side = _BLOCK_PX * trained.scale // _SCALE
    for top, left in _block_corners(height, width, side):
        block = padded[top : top + side + 2 * margin, left : left + side + 2 * margin]
        output = trained.model(block[None].astype(np.float32)).numpy()
        target = result[top : top + side, left : left + side]
        output = output[0, margin:-margin, margin:-margin][: target.shape[0], : target.shape[1]]
        if is_grey:
            output = output.mean(axis=-1, keepdims=True)
        target[:] = np.clip(np.rint(output), 0, 255).astype(np.uint8)
    return result


def _block_corners(height: int, width: int, side: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield top, left


def measure_loss(real: tf.Tensor, fake: tf.Tensor, edge_px: int) -> tf.Tensor:
    """Return L1 + L1 of the gradients + the missing local sharpness, so that fakes are not just blurry."""
    inside = slice(edge_px, -edge_px or None)
    real, fake = (image[:, inside, inside] for image in (real, fake))
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


def draw_batches(crops: ImageU8, config: AutoencoderConfig) -> Iterator[Batch]:
    """Yield batches of `crops`, uint8 [n, h, w, 3], that are to come back as they are.

    They are mirrored, and recoloured where `config` says so.
    """
    rng = np.random.default_rng(config.seed)
    shape = (config.batch_size, 1, 1, 3)
    for _ in range(config.steps):
        batch = crops[rng.integers(0, len(crops), config.batch_size)].astype(np.float32)
        if not config.recolour:
            batch = batch[:, :, :: rng.choice([-1, 1])]
            yield batch, batch
            continue
        batch = batch[..., rng.permutation(3)][:, :, :: rng.choice([-1, 1])]
        gain = rng.uniform(0.6, 1.0, shape)
        batch = (batch * gain + rng.uniform(0.0, 255.0, shape) * (1.0 - gain)).astype(np.float32)
        yield batch, batch
