"""Pictures of the pages for the documentation: three widths in light and dark, in a real Chromium.

Run as `python -m fakelens.benchmarks.studies.screenshots docs [PAGE.html ...]`: writes `screens-check.webp`,
`screens-one.webp`, `screens-open.webp` and `screens-serve.webp`, of pages that it makes of photographs of
scikit-image, none of people; where pages are named, such as the report of a training, `screens-PAGE.webp` of
each instead. An address, that of `fakelens watch --preview`, gives `screens-preview.webp`. `--print` writes
what each page is on paper, a PDF beside its picture.
"""

import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image, PngImagePlugin

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.studies.chromium import open_chromium
from fakelens.benchmarks.studies.serve import serving
from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.check.run import CheckRequest, CheckRun
from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, load_image

_PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "coins.png", "brick.png", "motorcycle_left.png")
_PICTURES = "pictures"  # the folder of a page
_SENT = ("rocket", "says so itself")  # to the page of `serve`
_SETTINGS = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model: made-up"
_SEEN_ARE_DECODED = """[...document.images].every((image) => image.getBoundingClientRect().top >= innerHeight
  || (image.complete && image.naturalWidth > 0))"""
_WIDTHS = {390: 844, 820: 844, 1440: 844}  # px of a phone, a tablet, a desk: by width its height
_SCALE = 0.75  # of the pictures that are kept
_GAP = 12  # px
_SCHEMES = ("light", "dark")
_DRAWN_MS = 300  # a picture that is there is painted
_LIVE_MS = 4_000  # until a live page has a picture and a line


def screenshots(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")],
    pages: Annotated[list[str] | None, typer.Argument(metavar="[PAGE.html|ADDRESS]...")] = None,
    paper: Annotated[bool, typer.Option("--print", help="Write each page as a PDF too.")] = False,
) -> None:
    """Write a picture of each page: phone, tablet and desk beside each other, light over dark."""
    if folder.is_file():
        raise UsageError(f"{folder}: a file; name the folder of the pictures first, then pages")
    missing = [page for page in pages or [] if not (_is_address(page) or Path(page).is_file())]
    if missing:
        raise UsageError(f"{missing[0]}: no such page; name an HTML file or an address")
    named = [_show_named(page) for page in pages or []]
    for name, count in Counter(each.name for each in named).items():
        if count > 1:
            raise UsageError(f"{count} pages would be screens-{name}.webp; name them in calls of their own")
    with open_chromium() as browser, nullcontext(named) if named else _show_made() as shown:
        for each in shown:
            sheet = _join(list(_take(browser, each)))
            target = folder / f"screens-{each.name}.webp"
            write_atomic(target, _encode(sheet))
            typer.echo(f"{target}: {target.stat().st_size / 1e3:.0f} KB")
            if paper:
                _print(browser, each, target.with_suffix(".pdf"))


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A page, and what is done on it before its picture is taken."""

    name: str
    address: str
    prepare: Callable[[Any], object] = lambda page: page


def _is_address(page: str) -> bool:
    return page.startswith(("http://", "https://"))


@contextmanager
def _show_made() -> Iterator[list[_Shown]]:
    """Show the pages of fakelens itself, which are there as long as the context is."""
    with tempfile.TemporaryDirectory() as folder, serving(None) as place:
        scratch = Path(folder)
        several, one = (page.as_uri() for page in _make_pages(scratch))
        yield [
            _Shown(name="check", address=several),
            _Shown(name="one", address=one),
            _Shown(name="open", address=several, prepare=lambda page: page.click(".look")),
            _Shown(name="serve", address=f"http://{place}/", prepare=partial(_send, scratch)),
        ]


def _show_named(page: str) -> _Shown:
    """Return a page that the command line names."""
    if _is_address(page):
        return _Shown(name="preview", address=page, prepare=lambda opened: opened.wait_for_timeout(_LIVE_MS))
    return _Shown(name=Path(page).stem, address=Path(page).resolve().as_uri())


def _send(scratch: Path, page: Any) -> None:
    """Choose two pictures on the page of `serve`, and wait for their cards."""
    chosen = [str(path) for path in sorted((scratch / _PICTURES).iterdir()) if path.stem in _SENT]
    page.set_input_files("input[name=file]", chosen)
    page.get_by_text(f"{len(chosen)} checked", exact=True).wait_for()
    page.wait_for_function(_SEEN_ARE_DECODED)
    page.wait_for_timeout(_DRAWN_MS)


def _make_pages(scratch: Path) -> tuple[Path, Path]:
    """Return the page of several pictures and that of one."""
    pictures = Path(_PICTURES)
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


def _take(browser: Any, shown: _Shown) -> Iterator[tuple[str, Image.Image]]:
    """Yield scheme and screen of a page for each width in each scheme."""
    for scheme in _SCHEMES:
        for width, height in _WIDTHS.items():
            opened = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                device_scale_factor=_SCALE,
            )
            _go(opened, shown.address)
            shown.prepare(opened)
            yield scheme, load_image(opened.screenshot())
            opened.close()


def _go(page: Any, address: str) -> None:
    from playwright.sync_api import Error

    try:
        page.goto(address)
    except Error as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{address}: cannot be opened ({reason}); name a page that a browser shows"
        ) from error


def _print(browser: Any, shown: _Shown, target: Path) -> None:
    """Write the page as it is printed, on A4."""
    opened = browser.new_page()
    _go(opened, shown.address)
    shown.prepare(opened)
    opened.pdf(path=target, format="A4", print_background=False)
    opened.close()


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
    sheet.save(stream, "WEBP", quality=70)
    return stream.getvalue()


if __name__ == "__main__":
    run_command(screenshots)
