"""Parts of pages: what they say, and that no text breaks out of them."""

import pytest

from fakelens.edge_runtime.answers.pages.parts import (
    draw_facts,
    draw_scale,
    draw_statements,
    draw_strip,
    wrap_page,
)
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.pictures.video.still import Moment
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

BANDED = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.7)
HOSTILE = '</p><script>alert("1")</script>\u202e'


def test_the_scale_shows_the_band_or_the_border() -> None:
    banded, plain = (draw_scale(0.757, Label.FAKE, decision) for decision in (BANDED, Decision()))
    assert 'class="band"' in banded
    assert 'class="border"' not in banded
    assert 'aria-valuenow="0.757" aria-valuetext="0.76, fake"' in banded
    assert 'class="border"' in plain
    assert "unsure" not in plain


@pytest.mark.parametrize(
    "part",
    [
        draw_facts([(HOSTILE, HOSTILE)]),
        draw_statements(
            [Evidence(source=Source.XMP, strength=Strength.NOTE, what=HOSTILE, words=HOSTILE, where=HOSTILE)]
        ),
        wrap_page(HOSTILE, "").partition("<style>")[0],
    ],
)
def test_text_stays_text(part: str) -> None:
    assert "<script" not in part
    assert "\u202e" not in part


def test_a_video_is_a_strip_and_one_picture_is_none() -> None:
    moments = [Moment(seconds=place, p_fake=p) for place, p in enumerate((0.1, 0.5, 0.9))]
    strip = draw_strip(moments, BANDED)
    assert [strip.count(f'class="{label}"') for label in Label] == [1, 1, 1]
    assert draw_strip(moments[:1], BANDED) == ""
