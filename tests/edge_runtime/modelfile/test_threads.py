"""The number of threads: measured, remembered, and measured again when it must be."""

import json
from pathlib import Path

import pytest

from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.threads import choose_threads, count_cores, measure_threads, pick_fastest


@pytest.mark.parametrize(
    ("latency_ms", "threads"),
    [
        ({1: 1.0}, 1),
        ({1: 1.0, 2: 1.3}, 1),  # a tiny network
        ({1: 1.0, 2: 0.95}, 1),  # not worth a core
        ({1: 10.0, 2: 5.5, 3: 4.2, 4: 4.1}, 3),
        ({1: 10.0, 2: 9.5, 3: 9.2, 4: 4.0}, 4),
    ],
)
def test_a_further_thread_must_bring_a_tenth(latency_ms: dict[int, float], threads: int) -> None:
    assert pick_fastest(latency_ms) == threads


def test_every_number_of_threads_is_measured(model_file: Path) -> None:
    latency_ms = measure_threads(read_model(model_file).graph, 2)
    assert set(latency_ms) == {1, 2}
    assert all(value > 0 for value in latency_ms.values())


@pytest.mark.skipif(count_cores() < 2, reason="one core leaves no choice")
def test_the_answer_is_remembered_for_this_model_alone(
    model_file: Path, pixel_model_file: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    assert choose_threads(model_file, cache) in (1, 2, 3, 4)
    (kept,) = cache.iterdir()
    kept.write_text(json.dumps({"threads": 2}))
    assert choose_threads(model_file, cache) == 2  # as remembered
    for damaged in ("{", "[]", '{"threads": 99}', '{"threads": "2"}'):
        kept.write_text(damaged)
        choose_threads(model_file, cache)
        assert 1 <= json.loads(kept.read_text())["threads"] <= 4  # measured again
    choose_threads(pixel_model_file, cache)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_no_error(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert choose_threads(model_file, tmp_path / "file" / "cache") >= 1
