"""From a score to REAL, FAKE or UNSURE."""

import pytest

from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.modelfile.contract import Decision

BAND = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)


@pytest.mark.parametrize(
    ("p_fake", "label"),
    [
        (0.0, Label.REAL),
        (0.399, Label.REAL),
        (0.4, Label.UNSURE),
        (0.5, Label.UNSURE),
        (0.6, Label.UNSURE),
        (0.601, Label.FAKE),
        (1.0, Label.FAKE),
    ],
)
def test_inside_the_band_and_on_its_borders_it_is_unsure(p_fake: float, label: Label) -> None:
    assert decide(p_fake, BAND) is label


@pytest.mark.parametrize(
    ("p_fake", "label"), [(0.0, Label.REAL), (0.29, Label.REAL), (0.3, Label.FAKE), (1.0, Label.FAKE)]
)
def test_without_a_band_the_threshold_alone_decides(p_fake: float, label: Label) -> None:
    assert decide(p_fake, Decision(threshold=0.3)) is label


def test_labels_are_written_in_small_letters() -> None:
    assert [str(label) for label in Label] == ["real", "fake", "unsure"]
