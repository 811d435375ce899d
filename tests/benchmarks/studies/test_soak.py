"""Faults at random, and nothing lost or left over; the long form takes minutes."""

import sys
from dataclasses import replace

import pytest

from fakelens.benchmarks.studies.soak import SoakResult, find_losses, report_soak, soak
from fakelens.edge_runtime.modelfile.library import list_models

pytestmark = [
    pytest.mark.skipif(not list_models(), reason="no release model is committed yet"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and files are read from /proc"),
]
WELL = SoakResult(
    seconds=1,
    frames=10,
    given=15,
    dropped=5,
    faults={"disconnect": 2, "stall": 1},
    reported={"running": 3, "reconnecting": 2},
    written={"running": 3, "reconnecting": 2},
    growth_bytes=1000,
    threads_left=0,
    files_left=0,
)


def test_a_few_seconds_of_faults_leave_nothing_behind() -> None:
    result = soak(frames=2000, seed=3)
    assert find_losses(result) == [], report_soak(result)
    assert result.frames == 2000
    assert sum(result.faults.values()) > 5  # more where frames are dropped: they come by the frames given
    assert result.reported["reconnecting"] > 3


@pytest.mark.slow
@pytest.mark.long
def test_a_hundred_thousand_frames_leave_nothing_behind() -> None:
    result = soak(frames=100_000, seed=4)
    assert find_losses(result) == [], report_soak(result)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"growth_bytes": 6_000_000}, "memory"),
        ({"threads_left": 1}, "threads"),
        ({"files_left": 1}, "files"),
        ({"dropped": 4}, "1 frames unaccounted"),
        ({"written": {"running": 3}}, "reported"),
        ({"faults": {"disconnect": 4}}, "4 connections broke"),
    ],
)
def test_each_loss_is_found(changed: dict[str, object], word: str) -> None:
    assert find_losses(WELL) == []
    (loss,) = find_losses(replace(WELL, **changed))
    assert word in loss
