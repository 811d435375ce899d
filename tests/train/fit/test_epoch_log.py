"""The log of the epochs is written, or one line says why not."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fakelens.edge_runtime.errors import RunError
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.epoch_log import EpochLog
from tests.fuzz.full_disk import can_fill_disks

EPOCH = Epoch(
    number=1, loss=0.5, val_loss=0.4, val_accuracy=0.8, learning_rate=1e-3, seconds=1.0, steps_per_s=2.0
)

_FILL = """
import sys
from pathlib import Path
from fakelens.edge_runtime.errors import RunError
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.epoch_log import EpochLog
try:
    log = EpochLog(Path(sys.argv[1]))
    for number in range(100):
        log.add(
            Epoch(
                number=number,
                loss=0.5,
                val_loss=0.4,
                val_accuracy=0.8,
                learning_rate=1e-3,
                seconds=1.0,
                steps_per_s=2.0,
            )
        )
except RunError as error:
    print(error)
"""


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
    with pytest.raises(RunError, match=r"\(Not a directory\); see to its rights and space") as error:
        EpochLog(tmp_path / "float")
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.skipif(not can_fill_disks(), reason="needs unshare, to have a disk of its own")
def test_a_full_disk_is_called_one(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=8k tmpfs "$1" && exec "$2" -c "$3" "$1/float"'
    command = ["unshare", "-rm", "sh", "-c", script, "sh", str(tmp_path), sys.executable, _FILL]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    remedy = "free some space and go on with `fakelens train --resume -o RUN`"
    assert done.stdout == f"{tmp_path}/float: the disk is full; {remedy}\n"
