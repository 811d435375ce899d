from types import SimpleNamespace
from typing import Any

import pytest
import tensorflow as tf

from fakelens.train.fit.untranslated import without_autograph
from fakelens.train.run import trainer


def is_off() -> bool:
    return bool(tf.__internal__.autograph.control_status_ctx().status.name == "DISABLED")


def test_nothing_is_translated_inside_and_outside_all_stays_as_it_was() -> None:
    assert without_autograph(is_off)()
    assert not is_off()


@pytest.mark.parametrize("start", [trainer.run_job, trainer.fit_share])
def test_a_training_is_not_translated(start: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    class SeenError(Exception):
        pass

    def gather(_job: object) -> None:
        assert is_off()
        raise SeenError

    monkeypatch.setattr(trainer, "_gather", gather)
    with pytest.raises(SeenError):
        start(SimpleNamespace(run=tmp_path, config=SimpleNamespace(seed=0), dataset=None), None)
