from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.mirror import average_mirror
from fakelens.train.networks import build_network
from fakelens.train.rundir import write_model

IMAGES = np.random.default_rng(0).random((6, 16, 16, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["classic", "compact", "residual"])
def test_it_answers_the_mean_logit_of_both_views(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = build_network(NetworkConfig(name=name, width=4, stages=(4, 8)), 16)
    logits = keras.Model(model.input, model.layers[-2].output)
    mean = (logits(IMAGES).numpy() + logits(IMAGES[:, :, ::-1]).numpy()) / 2
    expected = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    mirrored = average_mirror(model)
    np.testing.assert_allclose(mirrored(IMAGES).numpy(), expected, atol=1e-5)
    assert not [layer for layer in mirrored.layers if isinstance(layer, keras.Model)]
    assert mirrored.count_params() == model.count_params()
    write_model(tmp_path / "model.h5", mirrored)
    back = keras.models.load_model(tmp_path / "model.h5", compile=False)
    np.testing.assert_allclose(back(IMAGES).numpy(), expected, atol=1e-5)
