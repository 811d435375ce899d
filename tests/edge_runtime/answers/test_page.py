"""The page of `check --html`: what stands in it, and how much."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.studies.open_page import measure_opening
from fakelens.edge_runtime.answers.page import MOST_MAPS, PageSink
from fakelens.edge_runtime.answers.pages.picture import PageModel
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, InputSpec
from fakelens.edge_runtime.pictures.tiles import Region
from fakelens.edge_runtime.pictures.video.still import Moment, Still
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

DECISION = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.7)
CONTRACT = Contract(name="m<1>", input=InputSpec(size=8), limits="only noise", decision=DECISION)
MODEL = PageModel(contract=CONTRACT, decision=DECISION, sha256="ab" * 32)
CAMERA = Evidence(source=Source.EXIF, strength=Strength.SPEAKS_FOR_A_CAMERA, what="names a camera")


def checked(
    path: Path | str, label: Label = Label.FAKE, p_fake: float = 0.875, side: int = 400
) -> CheckedFile:
    return CheckedFile(
        path=str(path),
        verdict=Verdict(label=label, p_fake=p_fake, model="m<1>", latency_ms=1.0, evidence=(CAMERA,)),
        image=Image.new("RGB", (side * 3 // 4, side)),
        moments=(Moment(seconds=0.0, p_fake=0.2), Moment(seconds=1.5, p_fake=0.9)),
    )


def write(folder: Path, page: PageSink, *results: CheckedFile) -> str:
    for result in results:
        page.write(result)
    page.save(folder / "page.html")
    return (folder / "page.html").read_text()


def test_the_page_shows_pictures_verdicts_and_failures_on_its_own(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a & b.png")
    failed = CheckedFile(path="x.jpg", error="x.jpg: <damaged>")
    text = write(tmp_path, PageSink(MODEL), checked(tmp_path / "a & b.png"), failed)
    for said in (
        "2 pictures: 1 FAKE, 1 unreadable",
        "P(fake)</span> <b>0.875</b>",
        "--p:0.8750;--low:0.4000;--high:0.7000",
        'src="data:image/jpeg;base64,',
        "a &amp; b.png",
        "x.jpg: &lt;damaged&gt;",
        "m&lt;1&gt;",
        "only noise",
        "<strong>Speaks for a camera</strong>: names a camera",
        "P(fake) over time, highest 0.90 at 1.5 s",
        "300 \N{MULTIPLICATION SIGN} 400 px",
        "ab" * 32,
    ):
        assert said in text, said
    assert text.count("<dt>sha256</dt>") == 1
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_most_suspicious_stand_first(tmp_path: Path) -> None:
    results = [
        checked("real", Label.REAL, 0.1),
        CheckedFile(path="gone", error="gone: no such file"),
        checked("unsure", Label.UNSURE, 0.69),
        checked("declared", Label.FAKE, 0.2),  # by its own statement
        checked("fake", Label.FAKE, 0.9),
    ]
    text = write(tmp_path, PageSink(MODEL), *results)
    order = [
        text.index(f'<p class="name">{name}<') for name in ("fake", "declared", "unsure", "real", "gone")
    ]
    assert order == sorted(order)
    assert "5 pictures: 2 FAKE, 1 REAL, 1 UNSURE, 1 unreadable" in text
    assert [text.count(f'id="show-{name}"') for name in ("all", "fake", "unsure", "real")] == [1, 1, 1, 1]


def test_heat_maps_are_bounded_in_number_and_a_grid_that_is_there_is_used(tmp_path: Path) -> None:
    asked: list[Image.Image] = []

    def map_regions(image: Image.Image) -> tuple[Region, ...]:
        asked.append(image)
        return (Region(left=0, top=0, size=8, p_fake=0.9),)

    page = PageSink(MODEL, map_regions)
    results = [checked(f"{number}", side=8) for number in range(MOST_MAPS + 5)]
    text = write(tmp_path, page, *results)
    assert len(asked) == MOST_MAPS
    assert text.count('class="heat"') == MOST_MAPS


def test_pictures_beyond_the_limit_of_a_page_go_the_least_suspicious_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakelens.edge_runtime.answers.page._THUMBNAIL_CHARS", 4000)
    results = [checked("r", Label.REAL, 0.1), *(checked(f"{p}", p_fake=p / 10) for p in (9, 8, 7))]
    text = write(tmp_path, PageSink(MODEL), *results)
    assert 'aria-label="Open 9"' in text
    assert 'aria-label="Open r"' not in text
    assert '<p class="name">r<' in text


def test_a_video_has_a_strip_and_its_most_suspicious_moments(tmp_path: Path) -> None:
    stills = tuple(Still(seconds=second, image=Image.new("RGB", (64, 48))) for second in (1.0, 2.5))
    moments = tuple(Moment(seconds=still.seconds, p_fake=0.9) for still in stills)
    text = write(tmp_path, PageSink(MODEL), replace(checked("clip.mp4"), moments=moments, stills=stills))
    assert text.count("<rect ") == 2
    assert re.findall(r"<span>(\d\.\d) s</span></li>", text) == ["1.0", "2.5"]


def test_the_page_is_for_everybody_and_a_click_opens_a_picture(
    tmp_path: Path, browser: Any, find_faults: Callable[..., list[str]]
) -> None:
    def map_regions(_: Image.Image) -> tuple[Region, ...]:
        return (Region(left=0, top=0, size=200, p_fake=0.9),)

    failed = CheckedFile(path="x.jpg", error="x.jpg: damaged")
    results = [
        checked("a.mp4"),
        checked("b.png", Label.REAL, 0.1),
        failed,
        checked("c.png", Label.UNSURE, 0.5),
    ]
    write(tmp_path, PageSink(MODEL, map_regions), *results)
    assert find_faults(tmp_path / "page.html") == []
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_label("FAKE 1").check()
    assert page.locator(".card:visible").count() == 1
    page.get_by_label("All 4").check()
    page.get_by_role("button", name="Open a.mp4").press("Enter")
    dialog = page.get_by_role("dialog", name="FAKE")
    assert dialog.locator("figure").count() == 2
    assert dialog.locator(".heat").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("dialog", name="UNSURE").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()
    page.wait_for_function("document.activeElement.getAttribute('aria-label') === 'Open c.png'")
    page.close()


def test_a_page_of_a_thousand_pictures_shows_a_screenful(tmp_path: Path, browser: Any) -> None:
    """Its bytes are bounded, and the browser lays out the cards that are near alone."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    image = Image.fromarray(noise)
    page = PageSink(MODEL)
    for number in range(1000):
        page.write(replace(checked(f"{number}.png", p_fake=0.5 + number / 2000, side=8), image=image))
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 40_000_000
    opening = measure_opening(browser, tmp_path / "page.html")
    assert (opening.cards, opening.drawn < 60) == (1000, True)
    assert opening.work_s < 4, opening  # of the processor: a busy machine takes longer, not more
