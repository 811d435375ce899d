import pytest

from fakelens.train.settings import load_config
from fakelens.train.speed.versus_keras import measure_training


@pytest.mark.slow
def test_both_ways_of_training_are_timed_on_the_same_images() -> None:
    config = load_config(None, {"data.size": 16, "network.width": 4, "fit.batch_size": 8, "augment.shift": 1})
    found = measure_training(config, images=8, turns=1)
    assert found.fit_per_s > 0
    assert found.plain_per_s > 0
    assert found.ratio == pytest.approx(found.fit_per_s / found.plain_per_s)
    assert found.cpu_ratio > 0
