"""What asking a photo costs."""

from pathlib import Path

import pytest

from fakelens.benchmarks.studies.statement_cost import count_read, measure_cost, statement_cost
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.errors import GateError, UsageError


def test_little_of_a_photo_is_read_and_little_of_the_time_is_taken() -> None:
    photo = make_photo(1600, 1200)
    assert count_read(photo) < 270_000 < len(photo)  # its head, and as much of its end as may hold a trailer
    cost = measure_cost("photo", photo, 5)
    assert 0 <= cost.share < 0.5  # the processor's clock may tick too coarsely for more
    assert cost.size_bytes == len(photo)


def test_the_goal_is_a_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(make_photo(64, 48))
    statement_cost([path], runs=3, max_ms=1000)
    assert "| a.jpg | 0.0 |" in capsys.readouterr().out
    with pytest.raises(GateError, match=r"a\.jpg: asking takes"):
        statement_cost([path], runs=3, max_ms=-1)
    with pytest.raises(UsageError, match="no such file"):
        statement_cost([tmp_path / "b.jpg"])
