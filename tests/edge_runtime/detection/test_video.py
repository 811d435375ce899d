"""One verdict over the pictures, each new one counted once."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label, Verdict, decide
from fakelens.edge_runtime.detection.video import judge_stills
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.pictures.video.still import Moment, Still, Tally

DECISION = Decision(threshold=0.5)


def check(image: Image.Image) -> Verdict:
    p_fake = float(np.asarray(image).mean()) / 255
    return Verdict(label=decide(p_fake, DECISION), p_fake=p_fake, model="m", latency_ms=1.0)


def film(*levels: int) -> list[Still]:
    return [
        Still(seconds=float(second), image=Image.new("RGB", (80, 60), (level,) * 3))
        for second, level in enumerate(levels)
    ]


def test_the_verdict_is_the_mean_of_the_logits_and_the_highest_is_named() -> None:
    judged = judge_stills(film(51, 204, 204, 51), Tally(frames=4), check, DECISION)
    assert judged.moments == (
        Moment(seconds=0.0, p_fake=0.2),
        Moment(seconds=1.0, p_fake=0.8),
        Moment(seconds=3.0, p_fake=0.2),
    )
    logit = np.log(0.25) / 3
    assert judged.verdict.p_fake == pytest.approx(1 / (1 + np.exp(-logit)))
    assert judged.verdict.label is Label.REAL
    assert judged.verdict.latency_ms == 3.0
    assert judged.note == "3 pictures of 4 frames, highest 0.800 at 1.0 s"
    assert np.asarray(judged.worst).mean() == 204
    assert [still.seconds for still in judged.stills] == [0.0, 1.0, 3.0]


def test_the_most_suspicious_moments_are_kept_small_and_in_order() -> None:
    stills = [
        Still(seconds=s, image=Image.new("RGB", (1000, 80), (level,) * 3))
        for s, level in enumerate((10, 250, 30, 240, 230, 20))
    ]
    judged = judge_stills(stills, Tally(frames=6), check, DECISION)
    assert [still.seconds for still in judged.stills] == [1.0, 3.0, 4.0]
    assert {still.image.size for still in judged.stills} == {(500, 40)}


def test_lost_frames_and_what_was_not_looked_at_are_in_the_note() -> None:
    judged = judge_stills(film(51), Tally(frames=9, lost=5, skipped="the rest is too large"), check, DECISION)
    assert judged.note == "1 picture of 9 frames, 5 frames do not decode, the rest is too large"


def test_where_most_pictures_show_nothing_the_video_is_unsure() -> None:
    def look(image: Image.Image) -> Verdict:
        verdict = check(image)
        reason = {10: Reason.FLAT, 20: Reason.COMPRESSED, 30: Reason.COMPRESSED}.get(
            round(verdict.p_fake * 255)
        )
        return replace(verdict, label=decide(verdict.p_fake, DECISION, reason), reason=reason)

    half = judge_stills(film(20, 80, 30, 90), Tally(frames=4), look, DECISION).verdict
    assert (half.label, half.reason) == (Label.REAL, None)
    most = judge_stills(film(10, 20, 30, 90), Tally(frames=4), look, DECISION).verdict
    assert (most.label, most.reason) == (Label.UNSURE, Reason.COMPRESSED)
    worst_alone = judge_stills(film(30, 1, 5), Tally(frames=3), look, DECISION).verdict
    assert (worst_alone.label, worst_alone.reason) == (Label.REAL, None)


def test_no_picture_is_no_verdict() -> None:
    with pytest.raises(ImageError, match="no picture of this video decodes"):
        judge_stills([], Tally(frames=9, lost=9), check, DECISION)
