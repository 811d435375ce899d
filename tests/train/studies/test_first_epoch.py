import re
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import RunError
from fakelens.train.studies.first_epoch import first_epoch


@pytest.mark.slow
@pytest.mark.long
def test_training_is_timed_to_its_first_epoch_and_ended(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakelens.train.studies.first_epoch._MOST_S", 1000.0)  # no timed test
    small = ["network.name=classic", "network.width=4", "data.size=16"]
    first_epoch(data, pictures=20, setting=small)
    said = capsys.readouterr().out
    assert "20 + 20 pictures: first epoch " in said
    found = re.search(
        r"rounds: ([\d.]+) with ([\d.]+) of processor time, first step after ([\d.]+) with ([\d.]+)", said
    )
    assert found
    seconds, processor_s, to_step, to_step_processor_s = map(float, found.groups())
    assert 0 < to_step <= seconds
    assert 0 < to_step_processor_s <= processor_s
    with pytest.raises(RunError, match="before its first epoch: fakelens: network 'gone' does not exist"):
        first_epoch(data, pictures=20, setting=["network.name=gone"])
