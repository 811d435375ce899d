import time

import pytest

from fakelens.train.fit import remaining
from fakelens.train.fit.remaining import RemainingTime, format_duration, show_steps


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3_570, "1 h 0 min"), (4_800, "1 h 20 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_the_first_step_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remaining, "_LEAST_S", 0.0)
    clock = RemainingTime()
    assert clock.describe(10) == ""
    clock.count_step()
    assert clock.describe(10) == ""
    time.sleep(0.02)
    clock.count_step()
    assert clock.describe(10) in ("about 0 s left", "about 1 s left")
    assert clock.describe(1_000_000).endswith("min left")


def test_every_batch_is_a_step() -> None:
    clock = RemainingTime()
    assert list(show_steps(iter("abc"), "float 1/2", (3, 3), clock)) == ["a", "b", "c"]
    assert clock._steps == 2
