from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from fakelens.train.config import FitConfig, Optimizer
from fakelens.train.fit.optimizer import Muon, build_optimizer, learning_rate_at, orthogonalize

FIT = FitConfig(epochs=10, learning_rate=0.5, warmup_epochs=2.0)


def test_the_learning_rate_warms_up_and_falls_along_a_cosine() -> None:
    rates = [learning_rate_at(FIT, done) for done in (0, 1, 2, 6, 10)]
    np.testing.assert_allclose(rates, [0.005, 0.25, 0.5, 0.2525, 0.005])


@pytest.mark.parametrize("shape", [(27, 8), (8, 27)])
def test_orthogonalizing_evens_out_the_singular_values(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    before, after = (np.linalg.svd(m, compute_uv=False) for m in (matrix, orthogonalize(matrix).numpy()))
    assert after.min() > 0.3
    assert after.max() < 1.5
    assert after.max() / after.min() < before.max() / before.min() * 2
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    assert np.sum(orthogonalize(matrix).numpy() * (left @ right)) > 0.9 * np.sum(after)


def test_muon_moves_kernels_by_its_own_rule_and_the_rest_by_adamw() -> None:
    optimizer = build_optimizer(replace(FIT, optimizer=Optimizer.MUON))
    assert isinstance(optimizer, Muon)
    kernel, bias = tf.Variable(tf.random.normal((3, 3, 4, 8), seed=1)), tf.Variable(tf.zeros(8), name="bias")
    optimizer.build([kernel, bias])
    optimizer.learning_rate = 0.01
    start = kernel.numpy() * np.sqrt(8) / np.linalg.norm(kernel.numpy())
    optimizer.apply_gradients([(tf.ones_like(kernel), kernel), (tf.ones_like(bias), bias)])
    step = np.linalg.norm(kernel.numpy() - start)
    assert 0 < step < 0.01 * Muon.RATIO * 1.2  # one direction alone has a gradient here
    np.testing.assert_allclose(bias.numpy(), -0.01, rtol=1e-3)
