"""The page of `serve` in a real browser: choosing, the cards, the bookmark, the form without scripts.

With FAKELENS_SCREENSHOTS=FOLDER set, what a person sees is written there too.
"""

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge_runtime.serve.conftest import Serve, make_picture

pytestmark = pytest.mark.slow


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("bright.png", "dark.png", "none.jpg")]
    for path, content in zip(
        paths, (make_picture(240, (400, 300)), make_picture(20, (400, 300)), b"none"), strict=True
    ):
        path.write_bytes(content)
    return paths


@pytest.fixture
def site(pictures: list[Path]) -> Iterator[str]:
    """A page of another origin, with a picture that it gives away and one that it does not."""
    folder = pictures[0].parent
    (folder / "page.html").write_text('<img src="bright.png"><img src="http://nowhere.invalid/x.png">')
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/page.html"
    server.shutdown()
    server.server_close()


def open_page(browser: Any, address: str, **context: Any) -> Any:
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(20_000)  # ms
    page.faults = []
    page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(address)
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_each_picture_that_is_chosen_gets_a_card(
    browser: Any, serve: Serve, pictures: list[Path], width: int
) -> None:
    address = f"http://127.0.0.1:{serve().port}/"
    page = open_page(browser, address, viewport={"width": width, "height": 800})
    page.set_input_files("input[name=file]", [str(path) for path in pictures])
    page.get_by_text("3 checked", exact=True).wait_for()
    page.wait_for_selector(".card[data-label=unreadable]")
    labels = page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.label)")
    assert sorted(labels) == ["fake", "real", "unreadable"]
    mark = page.locator("[data-label=fake] .mark").bounding_box()
    track = page.locator("[data-label=fake] .track").bounding_box()
    assert mark["x"] > track["x"] + 0.9 * track["width"]  # the policy lets the scale have its place
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if os.environ.get("FAKELENS_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["FAKELENS_SCREENSHOTS"], f"serve-{width}.png"), full_page=True)
    page.click("[data-label=fake] .look")
    page.wait_for_selector("dialog[open] .views img")
    assert "bright.png" in page.inner_text("dialog")
    assert page.faults == []
    page.context.close()


def test_a_picture_is_pasted_and_an_address_is_not(browser: Any, serve: Serve) -> None:
    page = open_page(browser, f"http://127.0.0.1:{serve().port}/")
    paste = """([text, bytes]) => {
      const transfer = new DataTransfer();
      if (bytes) transfer.items.add(new File([new Uint8Array(bytes)], "image.png", {type: "image/png"}));
      else transfer.setData("text/plain", text);
      document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer}));
    }"""
    page.evaluate(paste, ["http://example.org/a.png", None])
    page.get_by_text("That is an address, no picture").wait_for()
    page.evaluate(paste, ["", list(make_picture(240))])
    page.wait_for_selector(".card[data-label=fake]")
    page.context.close()


def test_the_bookmark_brings_the_pictures_of_another_page(browser: Any, serve: Serve, site: str) -> None:
    page = open_page(browser, f"http://127.0.0.1:{serve().port}/")
    code = page.get_attribute("#bookmark", "href").removeprefix("javascript:")
    page.goto(site)
    with page.context.expect_page() as opened:
        page.evaluate(code)
    opened.value.wait_for_selector(".card[data-label=fake]", timeout=20_000)
    assert opened.value.inner_text(".card .name") == "bright.png"
    page.context.close()


def test_it_works_without_scripts(browser: Any, serve: Serve, pictures: list[Path]) -> None:
    page = open_page(browser, f"http://127.0.0.1:{serve().port}/", java_script_enabled=False)
    page.set_input_files("input[name=file]", str(pictures[0]))
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector(".card[data-label=fake]")
    page.context.close()
