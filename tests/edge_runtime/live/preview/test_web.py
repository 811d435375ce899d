"""The preview's page in a real browser: what a person sees, by day and night, on a desk and on a phone.

With FAKELENS_SCREENSHOT=FILE set, the picture for the documentation is written there too.
"""

import math
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.live.preview.sink import PreviewConfig, PreviewSink
from fakelens.edge_runtime.live.status import CameraState, LiveStatus
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.pictures.tiles import Region
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

pytest.importorskip("starlette", reason="needs the extra preview")
pytestmark = pytest.mark.slow

MakeStatus = Callable[..., LiveStatus]
SECRET = "a-token-of-23-characters"


@pytest.fixture
def preview() -> Iterator[PreviewSink]:
    decision = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)
    sink = PreviewSink(PreviewConfig(address="127.0.0.1:0", decision=decision))
    yield sink
    sink.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that remembers what went wrong, and every address it asked for."""
    context = browser.new_context(viewport={"width": 980, "height": 770})
    opened = context.new_page()
    opened.set_default_timeout(10_000)  # ms
    opened.faults, opened.asked = [], []
    opened.on("console", lambda line: opened.faults.append(line.text) if line.type == "error" else None)
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    yield opened
    context.close()


def wait_for(page: Any, expression: str) -> None:
    """Wait until `expression` is true; playwright's own waiting needs `eval`, which the page forbids."""
    end = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def photo() -> Image.Image:
    try:
        import skimage.data
    except ImportError:
        return Image.effect_noise((512, 384), 60).convert("RGB")
    return Image.fromarray(skimage.data.rocket()[:384, :512])


def tile_scores(width: int, height: int, tile: int) -> tuple[Region, ...]:
    """Made-up scores of tiles side by side: real for the most part, higher towards a corner."""
    generator = np.random.default_rng(3)
    return tuple(
        Region(
            left=left,
            top=top,
            size=tile,
            p_fake=float(
                np.clip(generator.normal(0.3 + 0.6 * (left * top / (width * height)) ** 2, 0.06), 0, 1)
            ),
        )
        for top in range(0, height, tile)
        for left in range(0, width, tile)
    )


def fill_minutes(preview: PreviewSink, status: LiveStatus, frame: Image.Image) -> None:
    """Five made-up minutes: real, a fake held into the picture, real again."""
    now, generator = datetime.now(UTC), np.random.default_rng(7)
    for back_s in range(299, -1, -1):
        bump = 0.82 / (1 + math.exp((abs(back_s - 130) - 32) / 4))
        p_fake = float(np.clip(0.09 + bump + generator.normal(0, 0.02), 0, 1))
        label = Label.FAKE if p_fake > 0.6 else Label.UNSURE if p_fake > 0.4 else Label.REAL
        past = replace(status, time=now - timedelta(seconds=back_s), p_fake=p_fake, label=label)
        preview.update(past, frame)


def test_a_person_sees_picture_verdict_heat_chart_and_rates(
    page: Any, preview: PreviewSink, make_status: MakeStatus, tmp_path: Path
) -> None:
    frame = photo()
    status = make_status(
        regions=tile_scores(512, 384, 64), width=512, height=384, model="demo-tiles", source="0"
    )
    fill_minutes(preview, status, frame)
    page.goto(preview.url)
    wait_for(page, "document.getElementById('live').naturalWidth === 512")
    page.wait_for_selector("#verdict.real")
    assert page.inner_text("#verdict") == "REAL"
    assert page.inner_text("#p").startswith("0.")
    assert page.inner_text("#fps") == "12.3 frames/s"
    assert page.title() == "REAL - fakelens"
    page.wait_for_selector("#live", state="visible")
    assert not page.is_visible("#heat")
    page.keyboard.press("h")
    page.wait_for_selector("#heat", state="visible")
    assert page.get_attribute("#toggle", "aria-pressed") == "true"
    pixel = "[...document.getElementById('heat').getContext('2d').getImageData({}, {}, 1, 1).data]"
    red, _, blue, _ = page.evaluate(pixel.format(500, 380))
    assert red > blue  # orange, where the scores are high
    red, _, blue, _ = page.evaluate(pixel.format(5, 5))
    assert blue > red
    wait_for(page, "document.getElementById('line').getAttribute('d')?.length > 1000")
    assert page.locator("#bands rect.fake").count() == 1
    chart = page.get_attribute("#chart", "aria-label")
    assert re.match(r"P\(fake\) over (29\d|300) seconds: from 0\.0\d to 0\.9", chart)
    shot = tmp_path / "preview.png"
    page.screenshot(path=shot)
    assert Image.open(shot).size == (980, 770)
    if os.environ.get("FAKELENS_SCREENSHOT"):
        save_small(shot, Path(os.environ["FAKELENS_SCREENSHOT"]))
    assert page.faults == []
    assert {address.startswith(preview.url) for address in page.asked} == {True}


def save_small(shot: Path, target: Path) -> None:
    """Write the screenshot for the documentation."""
    Image.open(shot).convert("RGB").save(target, "WEBP", quality=80, method=6)
    assert target.stat().st_size <= 100_000


def test_the_scale_has_its_band_and_a_file_its_statements(page: Any, make_status: MakeStatus) -> None:
    decision = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.7)
    preview = PreviewSink(PreviewConfig(address="127.0.0.1:0", decision=decision))
    said = Evidence(
        source=Source.TEXT,
        strength=Strength.DECLARES_GENERATED,
        what="a generator",
        words="<b>x</b>",
        where="tEXt",
    )
    status = make_status(label=Label.FAKE, p_fake=0.9, evidence=(said,), pixels_label=Label.UNSURE)
    preview.update(status, Image.new("RGB", (64, 48), (200, 0, 0)))
    page.goto(preview.url)
    page.wait_for_selector("#verdict.fake")
    band, track = (page.locator(name).bounding_box() for name in ("#band", "#track"))
    assert (band["x"] - track["x"]) / track["width"] == pytest.approx(0.4, abs=0.02)
    assert band["width"] / track["width"] == pytest.approx(0.3, abs=0.02)
    assert "pixels alone: UNSURE" in page.inner_text("#meaning")
    assert "“<b>x</b>”" in page.inner_text("#statements")
    wait_for(page, "document.getElementById('live').naturalWidth === 64")
    with page.expect_download() as saved:
        page.click("#snapshot")
    with Image.open(saved.value.path()) as kept:
        assert (kept.size[0], kept.size[1] > 48) == (64, True)
    page.click("#record")
    page.get_by_text("Stop").wait_for()
    page.wait_for_timeout(1500)
    with page.expect_download() as saved:
        page.click("#record")
    assert saved.value.suggested_filename.endswith((".mp4", ".webm"))
    assert saved.value.path().stat().st_size > 100
    assert page.faults == []
    preview.close()


def test_the_picture_moves_and_stops_costing_when_the_page_is_gone(
    page: Any, preview: PreviewSink, make_status: MakeStatus
) -> None:
    page.goto(preview.url)
    assert page.inner_text("#none") == "No picture yet"
    read_middle = """() => {
      const picture = document.getElementById("live"), canvas = document.createElement("canvas");
      if (!picture.naturalWidth) return null;
      canvas.width = canvas.height = 1;
      const pen = canvas.getContext("2d");
      pen.drawImage(picture, 8, 4, 1, 1, 0, 0, 1, 1);
      return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => Math.round(value / 100));
    }"""
    for colour in [(200, 0, 0), (0, 200, 0), (0, 0, 200)]:
        preview.update(make_status(), Image.new("RGB", (16, 8), colour))
        expected = [round(value / 100) for value in colour]
        wait_for(page, f"JSON.stringify(({read_middle})()) === '{expected}'.replaceAll(' ', '')")
    page.goto("about:blank")
    encoded = preview.encoded
    time.sleep(0.3)
    for _ in range(5):
        preview.update(make_status(), Image.new("RGB", (16, 8)))
        time.sleep(0.1)
    assert preview.encoded <= encoded + 1
    assert page.faults == []


def test_it_tells_of_a_camera_and_of_a_server_that_are_gone_and_recovers(
    page: Any, make_status: MakeStatus
) -> None:
    preview = PreviewSink(PreviewConfig(address="127.0.0.1:0"))
    preview.update(make_status(state=CameraState.RECONNECTING, error="<b>unplugged</b>"), None)
    page.goto(preview.url)
    page.wait_for_selector("#problem:not([hidden])")
    assert page.inner_text("#problem") == "Camera reconnecting: <b>unplugged</b>"  # text, never markup
    assert page.inner_text("#state") == "reconnecting"
    preview.close()
    wait_for(page, "document.getElementById('problem').textContent.startsWith('No answer')")
    again = PreviewSink(PreviewConfig(address=preview.url.removeprefix("http://").rstrip("/")))
    again.update(make_status(), Image.new("RGB", (16, 8), (200, 0, 0)))
    page.wait_for_selector("#verdict.fake")
    wait_for(page, "document.getElementById('live').naturalWidth === 16")
    assert page.is_hidden("#problem")
    again.close()


def test_the_token_becomes_a_cookie_and_leaves_the_address(page: Any, make_status: MakeStatus) -> None:
    preview = PreviewSink(PreviewConfig(address="0.0.0.0:0", token=SECRET))
    preview.update(make_status(), Image.new("RGB", (16, 8)))
    url = preview.url.replace("0.0.0.0", "127.0.0.1")
    assert page.goto(url).status == 401
    page.goto(f"{url}?token={SECRET}")
    page.wait_for_selector("#verdict.fake")
    assert page.url == url
    assert page.evaluate("document.cookie") == ""  # no script may read it
    assert page.goto(url).status == 200
    page.wait_for_selector("#verdict.fake")
    preview.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_a_phone_and_can_be_read_by_day_and_night(
    page: Any, preview: PreviewSink, make_status: MakeStatus, scheme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(color_scheme=scheme)
    page.goto(preview.url)
    for label in Label:
        preview.update(make_status(label=label, source="rtsp://***@camera.example/" + 40 * "long"), photo())
        page.wait_for_selector(f"#verdict.{label}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ratios = page.evaluate(CONTRASTS)
        assert min(ratios.values()) >= 4.5, ratios  # WCAG 2.2, level AA
    if os.environ.get("FAKELENS_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["FAKELENS_SCREENSHOTS"], f"preview-{width}-{scheme}.png"))
    assert page.faults == []


# The contrast of every element with text of its own against the nearest background behind it.
CONTRASTS = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parse(colour).slice(0, 3).map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("script, [hidden]") || element.disabled) continue;
    let behind = element;
    while (behind.parentElement && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) {
      behind = behind.parentElement;
    }
    const both = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(light);
    const [dark, bright] = [Math.min(...both), Math.max(...both)];
    found[element.id || element.textContent.trim()] = (bright + 0.05) / (dark + 0.05);
  }
  return found;
}"""
