from dataclasses import replace

import numpy as np
import pytest

from fakelens.benchmarks.emulation.answers import Answer
from fakelens.benchmarks.emulation.same_answers import compare, format_comparisons


def answer(name: str, *scores: float, verdict: str = "real") -> Answer:
    return Answer(
        name=name,
        machine="x86_64",
        tensors=name,
        scores=np.array(scores, "<f4").tobytes().hex(),
        p_fake=0.5,
        verdict=verdict,
    )


def test_what_differs_is_counted_and_measured() -> None:
    here = [answer("a", 0.25, 0.5), answer("b", 0.75), answer("c", 0.125)]
    there = [
        here[0],
        replace(answer("b", 0.5, verdict="fake"), tensors="others"),
        answer("c", float(np.nextafter(np.float32(0.125), np.float32(1)))),
    ]
    found = compare(here, there, model="m", cpu="cortex-a72")
    assert (found.images, found.same_tensors, found.same_scores, found.flipped) == (3, 2, 1, 1)
    assert found.largest_difference == 0.25
    assert "| `m` | cortex-a72 | 3 | 2 | 1 | 0.250000 | 1 | - |" in format_comparisons([found])
    assert "1.50 million" in format_comparisons([replace(found, instructions=1_500_000)])


def test_answers_on_other_images_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different images"):
        compare([answer("a", 0.5)], [answer("b", 0.5)], model="m", cpu="max")
