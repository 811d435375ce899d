"""Touched-up greys: what is dark stays real, whatever is done to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.retouch import Retouch
from fakelens.benchmarks.studies.hard_reals import answer_touched_up
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError


def test_every_kind_is_answered_and_what_cannot_be_read_is_named(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    paths = [save_grey(tmp_path / f"{level}.png", level) for level in (20, 230)]
    (tmp_path / "text.jpg").write_text("no picture")
    images = [LabelledImage(path=path, label=0) for path in (*paths, tmp_path / "text.jpg")]
    said, errors = answer_touched_up(Detector(model_file), images)
    assert set(said) == {"as it is", *Retouch}
    assert all(len(answers) == 2 for answers in said.values())
    assert said["as it is"] == [Label.REAL, Label.FAKE]
    assert said[Retouch.SHARPEN] == [Label.REAL, Label.FAKE]
    assert len(errors) == 1
    assert "text.jpg" in errors[0]


def test_nothing_readable_is_said(model_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no real image could be read"):
        answer_touched_up(Detector(model_file), [LabelledImage(path=tmp_path / "gone.png", label=0)])
