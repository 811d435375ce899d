"""The short answer on one picture, as a person reads it."""

import io
from dataclasses import replace

import pytest

from fakelens.edge_runtime.answers.ink import Ink
from fakelens.edge_runtime.answers.text_answer import AnswerSink, draw_course, draw_scale
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, InputSpec
from fakelens.edge_runtime.pictures.video.still import Moment
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

BANDED = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.7)
CONTRACT = Contract(
    name="m", input=InputSpec(size=8), limits="It sees nothing of small changes.", decision=BANDED
)
STATEMENT = Evidence(
    source=Source.TEXT, strength=Strength.DECLARES_GENERATED, what="names a generator", words="a\nb"
)


def answer(result: CheckedFile) -> list[str]:
    stream = io.StringIO()
    AnswerSink(stream, CONTRACT, BANDED, "mine.tflite").write(result)
    return stream.getvalue().splitlines()


def test_it_says_what_it_means_what_speaks_for_it_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    verdict = Verdict(
        label=Label.FAKE,
        p_fake=0.6,
        model="m",
        latency_ms=1.0,
        evidence=(STATEMENT,),
        pixels_label=Label.UNSURE,
    )
    assert answer(CheckedFile(path="a.png", verdict=verdict)) == [
        "FAKE   P(fake) 0.600  a.png",
        "",
        "The file itself says that a generator made the picture. Its pixels alone:",
        "UNSURE.",
        "",
        "like a camera  ------------//////O///---------  like a generator  (its pixels)",
        "",
        r'File    Declares a generator: names a generator: "a\nb"',
        "Next    Keep this very file: its statement is lost where a website or messenger",
        "        saves it again.",
        "Limits  It sees nothing of small changes. (fakelens info mine.tflite)",
    ]


def test_a_command_is_not_cut_at_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    verdict = Verdict(label=Label.REAL, p_fake=0.1, model="m", latency_ms=1.0)
    sink = AnswerSink(stream, replace(CONTRACT, limits="all " * 30), BANDED, "photo-small")
    sink.write(CheckedFile(path="a.png", verdict=verdict))
    assert "photo-small" in stream.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("Made for 1.4 px. Sees no more.", "Made for 1.4 px. (fakelens info mine.tflite)"),
        (
            "Looks at " + "all " * 30,
            "The model is wrong at times, and this says where: fakelens info mine.tflite",
        ),
        ("", "The model is wrong at times; its maker does not say where."),
    ],
)
def test_the_limits_are_one_whole_sentence(monkeypatch: pytest.MonkeyPatch, limits: str, said: str) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream = io.StringIO()
    verdict = Verdict(label=Label.REAL, p_fake=0.1, model="m", latency_ms=1.0)
    sink = AnswerSink(stream, replace(CONTRACT, limits=limits), BANDED, "mine.tflite")
    sink.write(CheckedFile(path="a.png", verdict=verdict))
    assert stream.getvalue().splitlines()[-1] == f"Limits  {said}"


def test_the_scale_has_its_ends() -> None:
    assert draw_scale(0.0, BANDED, Ink()).startswith("like a camera  O---")
    assert draw_scale(1.0, BANDED, Ink(drawing=True)).endswith("──●  like a generator")
    assert "/" not in draw_scale(0.2, Decision(), Ink())


def test_a_video_has_its_course() -> None:
    moments = [Moment(seconds=place, p_fake=p) for place, p in enumerate((0.0, 0.5, 1.0))]
    assert draw_course(moments, Ink(drawing=True)) == "▁▅█  0.0 to 2.0 s"
    assert draw_course(moments, Ink()) == "_=#  0.0 to 2.0 s"
