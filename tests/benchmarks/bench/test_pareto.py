import re
from xml.etree import ElementTree as ET

import pytest

from fakelens.benchmarks.metrics import wilson_interval

pytest.importorskip("matplotlib", reason="plots need the bench extra")

from fakelens.benchmarks.bench.pareto import Candidate, find_front, plot_pareto

CANDIDATES = [
    Candidate(name="float32", size_kb=260, latency_ms=0.9, accuracy=wilson_interval(975, 1000)),
    Candidate(name="int8", size_kb=70, latency_ms=0.3, accuracy=wilson_interval(974, 1000)),
    Candidate(name="pruned & int8", size_kb=40, latency_ms=0.31, accuracy=wilson_interval(960, 1000)),
]


def test_the_front_is_what_no_other_point_beats() -> None:
    assert find_front([3.0, 1.0, 2.0], [0.9, 0.5, 0.4]) == [1, 0]
    assert find_front([1.0, 1.0], [0.5, 0.6]) == [1]
    assert find_front([1.0, 2.0], [0.5, 0.5]) == [0]


def _texts(svg: str) -> list[str]:
    return [text.strip() for element in ET.fromstring(svg).iter() if (text := element.text) and text.strip()]


def test_models_are_drawn_against_both_costs() -> None:
    svg = plot_pareto(CANDIDATES)
    texts = _texts(svg)
    for candidate in CANDIDATES:
        assert texts.count(candidate.name) == 2
    assert "download in KB (gzip)" in texts
    assert "latency of an inference in ms (p50)" in texts
    assert re.sub("<[^>]*>", "", svg).count("http") == 0
    assert plot_pareto(CANDIDATES) == svg


def test_without_accuracy_latency_is_drawn_against_size() -> None:
    texts = _texts(plot_pareto([Candidate(name="int8", size_kb=70, latency_ms=0.3)]))
    assert texts.count("int8") == 1
    assert "accuracy in percent, 95% interval" not in texts


def test_without_times_accuracy_is_drawn_against_size_alone() -> None:
    texts = _texts(plot_pareto([Candidate(name="int8", size_kb=70, accuracy=wilson_interval(9, 10))]))
    assert texts.count("int8") == 1
    assert "latency of an inference in ms (p50)" not in texts
