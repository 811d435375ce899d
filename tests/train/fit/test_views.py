from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from fakelens.train.config import NetworkConfig
from fakelens.train.fit.views import average_views
from fakelens.train.networks import build_network
from fakelens.train.run.rundir import write_model

IMAGES = np.random.default_rng(0).random((6, 16, 16, 3)).astype(np.float32)


def move(images: np.ndarray) -> np.ndarray:
    return np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="edge")[:, 1:, 1:]


@pytest.mark.parametrize("views", [2, 4])
@pytest.mark.parametrize("name", ["classic", "compact", "residual"])
def test_it_answers_the_mean_logit_of_all_views(name: str, views: int, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = build_network(NetworkConfig(name=name, width=4, stages=(4, 8)), 16)
    logits = keras.Model(model.input, model.layers[-2].output)
    seen = [IMAGES, IMAGES[:, :, ::-1], move(IMAGES), move(IMAGES[:, :, ::-1])][:views]
    mean = np.mean([logits(view).numpy() for view in seen], axis=0)
    expected = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    averaged = average_views(model, views)
    np.testing.assert_allclose(averaged(IMAGES).numpy(), expected, atol=1e-5)
    assert not [layer for layer in averaged.layers if isinstance(layer, keras.Model)]
    assert averaged.count_params() == model.count_params()
    write_model(tmp_path / "model.h5", averaged)
    back = keras.models.load_model(tmp_path / "model.h5", compile=False)
    np.testing.assert_allclose(back(IMAGES).numpy(), expected, atol=1e-5)


def test_one_view_is_the_model_itself() -> None:
    model = build_network(NetworkConfig(width=4), 16)
    assert average_views(model, 1) is model
