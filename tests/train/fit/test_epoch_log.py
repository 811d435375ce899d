"""The log of the epochs is written, or one line says why not."""

from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fakelens.edge_runtime.errors import RunError
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.epoch_log import EpochLog

EPOCH = Epoch(
    number=1, loss=0.5, val_loss=0.4, val_accuracy=0.8, learning_rate=1e-3, seconds=1.0, steps_per_s=2.0
)


def test_every_epoch_is_a_point(tmp_path: Path) -> None:
    log = EpochLog(tmp_path / "float")
    for number in (1, 2):
        log.add(replace(EPOCH, number=number))
    events = EventAccumulator(str(tmp_path / "float"), size_guidance={"tensors": 0})
    events.Reload()
    assert [event.step for event in events.Tensors("val_loss")] == [1, 2]
    assert {"loss", "val_loss", "val_accuracy", "learning_rate", "steps_per_s"} == {*events.Tags()["tensors"]}


def test_a_place_that_takes_nothing_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "float").write_text("a file where the folder of the log would be")
    with pytest.raises(RunError, match="cannot be written, is the disk full") as error:
        EpochLog(tmp_path / "float")
    assert "\n" not in str(error.value)
