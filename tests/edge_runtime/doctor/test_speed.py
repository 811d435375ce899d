"""The glance at a model's speed."""

from pathlib import Path

from fakelens.edge_runtime.doctor.speed import measure_speed


def test_it_takes_the_time_it_is_given(model_file: Path) -> None:
    speed = measure_speed(model_file, duration_s=0.1)
    assert 0 < speed.p50_ms <= speed.p90_ms
    assert speed.runs * speed.p50_ms < 200
    assert speed.threads >= 1
