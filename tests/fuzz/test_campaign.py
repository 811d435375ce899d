"""The part of the campaign that every run of the tests repeats."""

import numpy as np
import pytest

from tests.fuzz.campaign import run_campaign
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import make_images


@pytest.mark.parametrize(("kind", "tries"), [("images", 2000), ("models", 300)])
def test_every_damaged_file_ends_in_an_answer_or_one_line(kind: str, tries: int) -> None:
    tally = run_campaign(kind, tries)
    assert tally.failures == []
    assert tally.tries == tries
    assert tally.answered + tally.refused == tries
    assert tally.refused > tries // 10


def test_the_same_numbers_make_the_same_damage() -> None:
    for seed in make_images():
        first, second = (mutate(seed.content, np.random.default_rng(3)) for _ in range(2))
        assert first == second
