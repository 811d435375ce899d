"""How long a page of `check --html` with many pictures takes to open in a real Chromium.

`python -m fakelens.benchmarks.studies.open_page PHOTOS` makes the page and prints a table; exit code 1 where
it takes two seconds or more.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.studies.chromium import open_chromium
from fakelens.benchmarks.tables import format_table
from fakelens.edge_runtime.answers.page import PageSink
from fakelens.edge_runtime.answers.pages.picture import PageModel
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.pictures.sources import walk_images

_MOST_S = 2.0
_MAP = 144  # regions, as `check --html` draws them
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_DRAWN = (
    "[...document.querySelectorAll('.card details')]"
    ".filter((each) => each.checkVisibility({contentVisibilityAuto: true})).length"
)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What one opening of a page came to."""

    painted_s: float  # the first words stand on the screen
    loaded_s: float  # the whole page is there and answers
    work_s: float  # of the processor in the page's main thread, which a busy machine does not change
    cards: int
    drawn: int  # cards that are laid out: those near the screen


def measure_opening(browser: Any, page: Path) -> Opening:
    """Return how long `page` takes to open in a fresh context of `browser`."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        opened = context.new_page()
        opened.set_default_timeout(120_000)  # ms
        session = context.new_cdp_session(opened)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        opened.goto(page.resolve().as_uri())
        opened.wait_for_function(f"{_LOADED} > 0 && ({_PAINTED}) !== null")
        work = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        return Opening(
            painted_s=opened.evaluate(_PAINTED) / 1e3,
            loaded_s=opened.evaluate(_LOADED) / 1e3,
            work_s=work["TaskDuration"],
            cards=opened.locator(".card").count(),
            drawn=opened.evaluate(_DRAWN),
        )
    finally:
        context.close()


def write_page(photos: Path, target: Path, pictures: int) -> None:
    """Check `pictures` files of a folder, again and again where it has fewer, and write their page."""
    found = list(walk_images(photos))
    if not found:
        raise UsageError(f"{photos}: no images in this folder")
    detector = Detector()
    model = PageModel(contract=detector.contract, decision=detector.decision)
    page = PageSink(model, partial(detector.map_regions, most=_MAP))
    for result in detector.check_files(islice(cycle(found), pictures), count_cores()):
        page.write(result)
    page.save(target)


def main(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="A folder of pictures.")],
    pictures: Annotated[int, typer.Option(min=1, help="On the page; fewer files are taken again.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Openings, each in a fresh context.")] = 5,
) -> None:
    """Measure how long a page of many pictures takes to open; exit code 1 from two seconds on."""
    with tempfile.TemporaryDirectory() as folder, open_chromium() as browser:
        page = Path(folder, "page.html")
        write_page(photos, page, pictures)
        found = [measure_opening(browser, page) for _ in range(rounds)]
        size_mb = page.stat().st_size / 1e6
    loaded_s = float(np.median([each.loaded_s for each in found]))
    painted_s = float(np.median([each.painted_s for each in found]))
    work_s = float(np.median([each.work_s for each in found]))
    row = (
        str(found[0].cards),
        f"{size_mb:.1f}",
        f"{painted_s:.2f}",
        f"{loaded_s:.2f}",
        f"{work_s:.2f}",
        str(found[0].drawn),
    )
    typer.echo(
        format_table(("cards", "page MB", "painted s", "loaded s", "processor s", "cards laid out"), [row])
    )
    if loaded_s >= _MOST_S:
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
