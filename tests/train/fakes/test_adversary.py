from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
import tf_keras as keras

from fakelens.train.fakes.adversary import build_adversarial_step, build_discriminator
from fakelens.train.fakes.autoencoder import AutoencoderConfig, Step, build_step
from fakelens.train.fakes.generators import build_generator
from fakelens.train.fakes.kinds import Generator, draw_spec

FOUR_STEPS = AutoencoderConfig(steps=4)  # the adversary has a say from the second on


@pytest.fixture(scope="module", autouse=True)
def eager() -> Iterator[None]:
    """Run step by step: for so few steps, compiling them would take most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def batch() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 3)).astype(np.float32))


def _build() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_generator(draw_spec(Generator.ADVERSARIAL, 0))


def _flatten(model: keras.Model) -> npt.NDArray[np.float32]:
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def _run(step: Step, batch: tf.Tensor, times: int) -> None:
    for _ in range(times):
        step(batch, batch)


def test_the_adversary_has_a_say_after_the_first_steps_only(batch: tf.Tensor) -> None:
    plain, opposed = _build(), _build()
    steps = build_step(plain, FOUR_STEPS), build_adversarial_step(opposed, FOUR_STEPS)
    _run(steps[0], batch, 1)
    _run(steps[1], batch, 1)
    np.testing.assert_allclose(_flatten(plain), _flatten(opposed), atol=1e-6)
    _run(steps[0], batch, 1)
    _run(steps[1], batch, 1)
    assert np.abs(_flatten(plain) - _flatten(opposed)).max() > 1e-4


def test_the_judge_looks_at_patches() -> None:
    judge = build_discriminator()
    assert judge(np.zeros((1, 48, 64, 3), np.float32)).shape == (1, 12, 16, 1)
