import pytest

from fakelens.train.speed.several_processes import measure_team


@pytest.mark.slow
@pytest.mark.long
def test_two_processes_and_one_are_timed_on_the_same_images() -> None:
    settings = ["fit.epochs=2", "fit.batch_size=8", "network.width=4"]
    found = measure_team("cifake-quick", settings, images=30, workers=2, turns=1)
    assert found.alone_per_s > 0
    assert found.ratio == pytest.approx(found.together_per_s / found.alone_per_s)
