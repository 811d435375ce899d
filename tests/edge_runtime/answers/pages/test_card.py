"""The card of a picture does not contradict itself."""

from dataclasses import replace

from fakelens.edge_runtime.answers.pages.card import draw_card
from fakelens.edge_runtime.answers.pages.picture import list_picture_facts
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label, Verdict, ViewScore
from fakelens.edge_runtime.modelfile.contract import Decision

VERDICT = Verdict(label=Label.FAKE, p_fake=0.22, model="m", latency_ms=1.0, pixels_label=Label.REAL)


def test_where_the_file_decides_the_number_is_said_to_be_of_the_pixels() -> None:
    declared = draw_card(CheckedFile(path="a.png", verdict=VERDICT), Decision())
    assert '<h2 class="verdict">FAKE</h2>' in declared
    assert "<span>P(fake) of its pixels alone</span> <b>0.220</b>" in declared
    assert 'aria-valuetext="0.22, real"' in declared
    seen = draw_card(CheckedFile(path="a.png", verdict=replace(VERDICT, pixels_label=None)), Decision())
    assert "<span>P(fake)</span> <b>0.220</b>" in seen
    assert [replace(VERDICT, pixels_label=label).of_pixels for label in (Label.REAL, None)] == [
        "real",
        "fake",
    ]


def test_a_single_view_gives_no_second_number() -> None:
    one = ViewScore(name="whole", p_fake=0.512)
    other = ViewScore(name="tiles", p_fake=0.3)
    for views, facts in (((one,), 0), ((one, other), 2)):
        result = CheckedFile(path="a.png", verdict=replace(VERDICT, views=views))
        assert len(list_picture_facts(result)) == facts
