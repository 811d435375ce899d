"""The command behind the documentation's pictures of pages."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from fakelens.benchmarks.studies import screenshots
from tests.conftest import RunModule


def test_a_page_that_is_not_there_is_one_line(run_module: RunModule, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="needs the extra dev")
    done = run_module(screenshots.__name__, tmp_path, tmp_path / "no.html")
    assert (done.returncode, done.stderr) == (
        2,
        f"fakelens: {tmp_path}/no.html: no such page; name an HTML file\n",
    )


@pytest.fixture
def chromium() -> None:
    for package in ("playwright", "skimage", "starlette"):
        pytest.importorskip(package, reason="needs the extra dev")
    if not screenshots.shutil.which("chromium"):
        pytest.skip("needs Chromium: apt-get install chromium")


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_a_page_that_is_named_is_taken_alone(run_module: RunModule, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    page.write_text(
        "<body style='background: light-dark(white, black)'><meta name=color-scheme content='light dark'>"
    )
    done = run_module(screenshots.__name__, tmp_path, page, "--print")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"run.html", "screens-run.webp", "screens-run.pdf"}
    with Image.open(tmp_path / "screens-run.webp") as sheet:
        assert sheet.width > 1900
        assert [sheet.getpixel((5, y)) for y in (5, sheet.height - 5)] == [(255,) * 3, (0,) * 3]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.usefixtures("chromium")
def test_pictures_of_the_pages_are_small(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", screenshots.__name__, tmp_path], check=True)
    taken = sorted(tmp_path.glob("screens-*.webp"))
    assert [path.name for path in taken] == [
        f"screens-{name}.webp" for name in ("check", "one", "open", "serve")
    ]
    assert sum(path.stat().st_size for path in taken) < 900_000
    with Image.open(taken[0]) as sheet:
        assert sheet.width > 1900
