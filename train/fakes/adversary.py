"""A small patch discriminator beside the reconstruction loss: it asks for texture, as in GANs.

After PatchGAN (Isola et al. 2017, arXiv:1611.07004) with the hinge loss; the weight that keeps the two
gradients in proportion is VQGAN's (Esser et al. 2021, arXiv:2012.09841), taken over all weights.
"""

import tensorflow as tf
import tf_keras as keras

from fakelens.train.fakes.autoencoder import AutoencoderConfig, Step, build_optimizer, measure_loss

_SHARE = 0.5  # length of the adversarial gradient over that of the reconstruction's
_START = 0.3  # share of the steps before the adversary has a say: there is nothing to refine yet
_SLOPE = 0.2
_SMALLEST = 1e-12


def build_discriminator() -> keras.Model:
    """Build the judge: RGB 0..255 float32 [n, h, w, 3] to logits [n, h / 4, w / 4, 1], high for real."""
    layers = keras.layers
    inputs = keras.Input((None, None, 3))
    x = inputs / 127.5 - 1.0
    for channels in (32, 48):
        x = layers.LeakyReLU(_SLOPE)(layers.Conv2D(channels, 4, 2, "same")(x))
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(x), name="discriminator")


def build_adversarial_step(model: keras.Model, config: AutoencoderConfig) -> Step:
    """Return one step that trains `model` so that a discriminator takes what comes out for real.

    Takes what goes in and the photos, float32 [n, h, w, 3], 0..255, that are to come out; returns the
    reconstruction's loss.
    """
    judge = build_discriminator()
    optimizers = build_optimizer(config), build_optimizer(config)
    first = tf.constant(int(_START * config.steps), tf.int64)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
    def step(inputs: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        variables = model.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            fake = model(inputs, training=True)
            loss = measure_loss(wanted, fake, config.edge_px)
            deceit = -tf.reduce_mean(judge(fake, training=True))
        pull, push = tape.gradient(loss, variables), tape.gradient(deceit, variables)
        weight = _SHARE * tf.linalg.global_norm(pull) / tf.maximum(tf.linalg.global_norm(push), _SMALLEST)
        weight *= tf.cast(optimizers[0].iterations >= first, tf.float32)
        gradients = [one + weight * other for one, other in zip(pull, push, strict=True)]
        optimizers[0].apply_gradients(zip(gradients, variables, strict=True))
        _train_judge(judge, optimizers[1], wanted, fake)
        return loss

    return step  # type: ignore[no-any-return, unused-ignore]


def _train_judge(
    judge: keras.Model, optimizer: keras.optimizers.Optimizer, real: tf.Tensor, fake: tf.Tensor
) -> None:
    with tf.GradientTape() as tape:
        right = tf.nn.relu(1.0 - judge(real, training=True)), tf.nn.relu(1.0 + judge(fake, training=True))
        loss = tf.reduce_mean(right[0]) + tf.reduce_mean(right[1])
    gradients = tape.gradient(loss, judge.trainable_variables)
    optimizer.apply_gradients(zip(gradients, judge.trainable_variables, strict=True))
