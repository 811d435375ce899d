"""A head with a hidden layer learns what no line tells, from features of any scale."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.metrics import roc_auc
from fakelens.train.config import HeadConfig, NetworkConfig
from fakelens.train.fit.frozen_layers import Values, open_layers
from fakelens.train.fit.hidden_head import HeadLesson, HiddenHead, fit_hidden, train_head
from fakelens.train.fit.loop import Examples, predict
from fakelens.train.fit.probe import Line, fit_line
from fakelens.train.networks import HIDDEN, build_network

SIZE = 32
CONFIG = HeadConfig(epochs=80, batch_size=32, learning_rate=0.01, dropout_in=0.0, dropout=0.2)


def make_rings(count: int, seed: int) -> tuple[Values, npt.NDArray[np.uint8]]:
    """Fakes lie around the photos: no line parts them. The features are far from standard."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.uint8)
    angles = rng.uniform(0, 2 * np.pi, count)
    radii = np.where(labels == 1, 3.0, 1.0) + rng.normal(0, 0.3, count)
    plane = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    return plane * [100.0, 0.01] + [5000.0, -7.0], labels


def test_it_learns_what_no_line_tells() -> None:
    features, labels = make_rings(400, seed=0)
    judged, truths = make_rings(400, seed=1)
    targets, weights = labels.astype(np.float32), np.ones(len(labels))
    head = fit_hidden(HeadLesson(features=features, targets=targets, weights=weights), 16, CONFIG, seed=0)
    line = fit_line(features, targets, np.ones((2, len(labels))), 0.01)
    assert roc_auc(truths, head.score(judged)) > 0.98
    assert roc_auc(truths, line.score(judged)) < 0.65
    again = fit_hidden(HeadLesson(features=features, targets=targets, weights=weights), 16, CONFIG, seed=0)
    np.testing.assert_array_equal(head.score(judged), again.score(judged))


def test_members_learn_by_themselves_and_the_head_says_their_mean() -> None:
    features, labels = make_rings(400, seed=0)
    lesson = HeadLesson(features=features, targets=labels.astype(np.float32), weights=np.ones(len(labels)))
    both = fit_hidden(lesson, 16, replace(CONFIG, members=2), seed=0)
    alone = fit_hidden(lesson, 8, CONFIG, seed=0)
    assert both.kernel.shape == (2, 16)
    np.testing.assert_allclose(both.kernel[:, :8], alone.kernel)
    np.testing.assert_allclose(both.line.slopes[:8], alone.line.slopes / 2)
    assert np.all(both.kernel[:, 8:] != both.kernel[:, :8])
    second = HiddenHead(
        kernel=both.kernel[:, 8:],
        bias=both.bias[8:],
        line=Line(slopes=2 * both.line.slopes[8:], bias=2 * both.line.bias - alone.line.bias),
    )
    mean = (alone.score(features) + second.score(features)) / 2
    np.testing.assert_allclose(both.score(features), mean, atol=1e-6)
    assert roc_auc(labels, second.score(features)) > 0.95


def test_images_count_by_their_weights() -> None:
    features, labels = make_rings(400, seed=0)
    targets = labels.astype(np.float32)
    means = []
    for weight in (0.1, 10.0):
        weights = np.where(labels == 1, weight, 1.0)
        lesson = HeadLesson(features=features, targets=targets, weights=weights)
        means.append(fit_hidden(lesson, 16, CONFIG, seed=0).score(features).mean())
    assert means[1] > means[0] + 1


def test_the_network_says_what_the_head_says_and_nothing_below_changes() -> None:
    rng = np.random.default_rng(0)
    labels = (np.arange(160) % 2).astype(np.uint8)
    levels = np.where(labels == 1, 128 + 100 * rng.choice([-1, 1], 160), 128)  # dark or bright, not between
    images = levels[:, None, None, None] + rng.normal(0, 20, (160, SIZE, SIZE, 3))
    images = np.clip(images, 0, 255).astype(np.uint8)
    config = NetworkConfig(name="lite0", cut=3, levels=(2,), half=True, hidden=16)
    network = build_network(config, SIZE)
    examples = Examples(
        images=images[:120],
        labels=labels[:120],
        targets=labels[:120].astype(np.float32),
        class_weights=np.ones(2, np.float32),
        val_images=images[120:],
        val_labels=labels[120:],
    )
    names = [layer.name for layer in network.layers]
    below = network.layers[: names.index(HIDDEN)]
    before = [layer.get_weights() for layer in below]
    train_head(network, examples, CONFIG, seed=0)
    p_fake = predict(network, examples.val_images, 1 / 255)
    assert roc_auc(examples.val_labels, p_fake) > 0.95
    answers = open_layers(network, HIDDEN).answer(network, examples.val_images)
    np.testing.assert_allclose(answers, p_fake, atol=1e-5)
    for layer, weights in zip(below, before, strict=True):
        for now, then in zip(layer.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(now, then)
