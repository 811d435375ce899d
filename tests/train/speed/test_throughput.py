from fakelens.train.config import TrainConfig
from fakelens.train.settings import load_config
from fakelens.train.speed.throughput import measure_feeding


def test_both_ways_of_feeding_are_measured() -> None:
    config: TrainConfig = load_config(
        None, {"data.size": 16, "network.width": 4, "fit.batch_size": 8, "augment.shift": 1}
    )
    found = measure_feeding(config, steps=4, turns=2)
    assert found.fed_steps_per_s > 0
    assert found.memory_steps_per_s > 0
    assert 0 < found.ratio < 10
    assert found.first_step_cpu_s > 0
