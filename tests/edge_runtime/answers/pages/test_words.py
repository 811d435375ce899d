"""Every answer has a meaning and a next step; a statement of the file and a reason come before the score."""

from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.edge_runtime.answers.pages.words import (
    MEANINGS,
    NEXT_STEPS,
    NEXT_WITH_REASON,
    NEXT_WITH_STATEMENT,
    SAYS_SO,
    advise,
    explain,
)
from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label, Verdict


@pytest.mark.parametrize("label", Label)
def test_each_answer_is_explained(label: Label) -> None:
    verdict = Verdict(label=label, p_fake=0.6, model="m", latency_ms=1.0)
    assert (explain(verdict), advise(verdict)) == (MEANINGS[label], NEXT_STEPS[label])
    declared = replace(verdict, label=Label.FAKE, pixels_label=label)
    assert explain(declared) == f"{SAYS_SO} Its pixels alone: {label.upper()}."
    assert advise(declared) == NEXT_WITH_STATEMENT


def test_what_cannot_be_judged_says_why() -> None:
    verdict = Verdict(label=Label.UNSURE, p_fake=0.6, model="m", latency_ms=1.0, reason=Reason.SMALL)
    assert explain(verdict) == "The picture is too small to judge."
    assert advise(verdict) == NEXT_WITH_REASON


def test_the_web_kit_says_the_same() -> None:
    text = (Path(__file__).parents[4] / "convert" / "ship" / "web" / "src" / "answer.ts").read_text()
    sentences = [*MEANINGS.values(), *NEXT_STEPS.values(), NEXT_WITH_REASON, NEXT_WITH_STATEMENT, SAYS_SO]
    assert [sentence for sentence in sentences if f"'{sentence}'" not in text] == []
