from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import find_labelled
from fakelens.benchmarks.metrics import Interval
from fakelens.edge_runtime.errors import GateError
from fakelens.train.studies.small_sets import SmallRun, score_probe, small_sets
from fakelens.train.studies.subsets import Pictures, Size, lay_out
from tests.train.conftest import write_images


def test_the_table_has_a_line_for_each_size_and_seed_and_goes_on_after_those_that_were_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path / "real", 50, 90, 1)
    write_images(tmp_path / "fake", 50, 165, 2)
    fast = [
        *("network.name=classic", "network.width=4", "data.size=16", "data.validation=0.2", "fit.ema=0.9"),
        *("fit.epochs=3", "fit.learning_rate=0.01"),
    ]
    rows = tmp_path / "rows.jsonl"
    for _ in range(2):
        with suppress(GateError):  # three epochs may be too few to reach the probe
            small_sets(tmp_path, "20,10+40", seeds=1, keep=rows, setting=fast)
        assert len(rows.read_text().splitlines()) == 2  # nothing is trained again
    both = capsys.readouterr().out.splitlines()
    lines = both[: len(both) // 2]
    assert both[len(lines) :] == lines
    assert [line[:14] for line in lines[2:4]] == ["| 20 + 20 | 0 ", "| 10 + 40 | 0 "]
    assert lines[2].count("[") == 2
    assert " of 2 runs end at or above the probe" in lines[-1]


def test_the_probe_learns_from_what_the_network_learns_from(tmp_path: Path, data: Path) -> None:
    lay_out(Pictures(data=data), tmp_path / "cut", Size(real=20, fake=20), 0)
    images = find_labelled(tmp_path / "cut")
    damaged = replace(images[0], path=tmp_path / "damaged.jpg")
    damaged.path.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    assert score_probe([damaged, *images], 0).value > 0.99  # it is left out
    assert score_probe(find_labelled(tmp_path / "cut"), 0).value > 0.99  # brightness tells the class


@pytest.mark.parametrize(("high", "below"), [(0.85, False), (0.79, True)])
def test_below_is_beyond_doubt(high: float, below: bool) -> None:
    run = SmallRun(
        size=Size(real=1, fake=1),
        seed=0,
        probe=Interval(value=0.8, low=0.7, high=0.9),
        network=Interval(value=0.75, low=0.65, high=high),
        sentence="",
    )
    assert run.is_below is below
