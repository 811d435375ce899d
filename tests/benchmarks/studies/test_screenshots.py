"""The command behind the documentation's pictures of pages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from fakelens.benchmarks.studies import screenshots
from tests.conftest import RunModule


def test_what_is_no_page_is_one_line(run_module: RunModule, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="needs the extra dev")
    page = tmp_path / "a" / "run.html"
    for folder in (page.parent, tmp_path / "b"):
        folder.mkdir()
        (folder / page.name).touch()
    for arguments, said in (
        (
            (tmp_path, tmp_path / "no.html"),
            f"{tmp_path}/no.html: no such page; name an HTML file or an address",
        ),
        ((page,), f"{page}: a file; name the folder of the pictures first, then pages"),
        (
            (tmp_path, page, tmp_path / "b" / page.name),
            "2 pages would be screens-run.webp; name them in calls of their own",
        ),
    ):
        done = run_module(screenshots.__name__, *arguments)
        assert (done.returncode, done.stderr) == (2, f"fakelens: {said}\n")


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
    nobody = run_module(screenshots.__name__, tmp_path, "http://127.0.0.1:9/")
    assert nobody.returncode == 2
    assert re.fullmatch(r"fakelens: http://127\.0\.0\.1:9/: cannot be opened \(.*\n", nobody.stderr)


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
