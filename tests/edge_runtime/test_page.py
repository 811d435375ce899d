import re
from dataclasses import replace
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.checked_file import CheckedFile
from fakelens.edge_runtime.contract import Contract, InputSpec
from fakelens.edge_runtime.page import PageSink
from fakelens.edge_runtime.verdict import Label, Verdict
from fakelens.edge_runtime.video.still import Moment, Still

CONTRACT = Contract(name="m<1>", input=InputSpec(size=8), limits="only noise")


def checked(path: Path, label: Label = Label.FAKE) -> CheckedFile:
    return CheckedFile(
        path=str(path),
        verdict=Verdict(label=label, p_fake=0.875, model="m<1>", latency_ms=1.0),
        image=Image.new("RGB", (300, 400)),
    )


def test_the_page_shows_pictures_verdicts_and_failures_on_its_own(tmp_path: Path) -> None:
    page = PageSink()
    page.write(checked(Path("a & b.png")))
    page.write(CheckedFile(path="x.jpg", error="x.jpg: <damaged>"))
    page.save(tmp_path / "page.html", CONTRACT)
    text = (tmp_path / "page.html").read_text()
    assert "1 fake, 1 unreadable" in text
    assert "P(fake) 0.875" in text
    assert 'src="data:image/jpeg;base64,' in text
    assert "a &amp; b.png" in text
    assert "&lt;damaged&gt;" in text
    assert "m&lt;1&gt;" in text
    assert "only noise" in text
    assert "http" not in text


def test_a_video_has_a_strip_and_its_most_suspicious_moments(tmp_path: Path) -> None:
    page = PageSink()
    stills = tuple(Still(seconds=second, image=Image.new("RGB", (64, 48))) for second in (1.0, 2.5))
    moments = tuple(Moment(seconds=still.seconds, p_fake=0.9) for still in stills)
    film = replace(checked(Path("clip.mp4")), moments=moments, stills=stills)
    page.write(film)
    page.save(tmp_path / "page.html", CONTRACT)
    text = (tmp_path / "page.html").read_text()
    assert text.count("<rect ") == 2
    assert re.findall(r"> (\d\.\d) s</span>", text) == ["1.0", "2.5"]
