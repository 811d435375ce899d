"""Pictures of the pages for the documentation: three widths in light and dark, in a real Chromium.

Run as `python -m fakelens.benchmarks.studies.screenshots docs [PAGE.html ...]`: writes `screens-check.webp`,
`screens-one.webp` and `screens-open.webp`, of pages that it makes of photographs of scikit-image, none of
people, and `screens-PAGE.webp` of each page that is named, such as the report of a training.
"""

import io
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image, PngImagePlugin

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.check.run import CheckRequest, CheckRun
from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, load_image

_PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "coins.png", "brick.png", "motorcycle_left.png")
_SETTINGS = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model: made-up"
_WIDTHS = {390: 844, 820: 844, 1440: 844}  # px of a phone, a tablet, a desk: by width its height
_SCALE = 0.75  # of the pictures that are kept
_GAP = 12  # px
_SCHEMES = ("light", "dark")


def screenshots(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")],
    pages: Annotated[list[Path] | None, typer.Argument(metavar="[PAGE.html]...")] = None,
) -> None:
    """Write a picture of each page: phone, tablet and desk beside each other, light over dark."""
    require_extra("dev", "playwright")
    missing = [page for page in pages or [] if not page.is_file()]
    if missing:
        raise UsageError(f"{missing[0]}: no such page; name an HTML file")
    with tempfile.TemporaryDirectory() as scratch:
        made = _make_pages(Path(scratch))
        wanted = [("check", made[0], ""), ("one", made[1], ""), ("open", made[0], ".look")]
        wanted += [(page.stem, page, "") for page in pages or []]
        for name, page, click in wanted:
            sheet = _join(list(_take(page, click)))
            target = folder / f"screens-{name}.webp"
            write_atomic(target, _encode(sheet))
            typer.echo(f"{target}: {target.stat().st_size / 1e3:.0f} KB")


def _make_pages(scratch: Path) -> tuple[Path, Path]:
    """Return the page of several pictures and that of one."""
    pictures = Path("pictures")
    photos = _find_photos()
    (scratch / pictures).mkdir()
    for name in _PHOTOS:
        shutil.copyfile(photos / name, scratch / pictures / name)
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", _SETTINGS)  # as a generator writes it
    with_statement = scratch / pictures / "says so itself.png"
    load_image(photos / "chelsea.png").rotate(180).save(with_statement, pnginfo=info)
    pages = scratch / "check.html", scratch / "one.html"
    for page, checked in zip(pages, (pictures, pictures / _PHOTOS[0]), strict=True):
        names = [str(scratch / checked)]
        CheckRun(CheckRequest(output=Format.TEXT, html=page, decode=DecodeConfig())).check(names)
        shown = page.read_text(encoding="utf-8").replace(f"{scratch}/", "")  # nobody's folders
        page.write_text(shown, encoding="utf-8")
    return pages


def _find_photos() -> Path:
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise MissingExtraError('the photographs come with scikit-image: pip install "fakelens[demo]"')
    return Path(spec.origin).parent / "data"


def _take(page: Path, click: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield scheme and screen of `page` for each width in each scheme, after a click where one is named."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise MissingExtraError("no Chromium here: apt-get install chromium")
    with sync_playwright() as running:
        browser: Any = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in _SCHEMES:
            for width, height in _WIDTHS.items():
                opened = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    device_scale_factor=_SCALE,
                )
                opened.goto(page.resolve().as_uri())
                if click:
                    opened.locator(click).first.click()
                yield scheme, load_image(opened.screenshot())
                opened.close()
        browser.close()


def _join(screens: list[tuple[str, Image.Image]]) -> Image.Image:
    """Return the screens on one sheet, a row for each scheme."""
    rows = [[screen for scheme, screen in screens if scheme == wanted] for wanted in _SCHEMES]
    width = max(sum(screen.width + _GAP for screen in row) - _GAP for row in rows)
    height = sum(max(screen.height for screen in row) + _GAP for row in rows) - _GAP
    sheet = Image.new("RGB", (width, height), (128, 128, 128))
    top = 0
    for row in rows:
        left = 0
        for screen in row:
            sheet.paste(screen, (left, top))
            left += screen.width + _GAP
        top += max(screen.height for screen in row) + _GAP
    return sheet


def _encode(sheet: Image.Image) -> bytes:
    stream = io.BytesIO()
    sheet.save(stream, "WEBP", quality=70, method=6)
    return stream.getvalue()


if __name__ == "__main__":
    run_command(screenshots)
