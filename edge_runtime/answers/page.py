"""Results of `check --html`: one self-contained page, a card for each picture, to hand to an editor."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.answers.pages.card import draw_card, name_answer
from fakelens.edge_runtime.answers.pages.parts import escape, read_asset, to_data_url, wrap_page
from fakelens.edge_runtime.answers.pages.picture import (
    DIALOG,
    LARGE,
    THUMBNAIL,
    PageModel,
    draw_heat,
    draw_look,
    draw_model,
    draw_stills,
    is_tiny,
    keep_large,
    list_picture_facts,
    show_time,
    shrink,
)
from fakelens.edge_runtime.answers.pages.words import UNREADABLE, count_answers, write_answer
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.files import is_file, write_atomic
from fakelens.edge_runtime.pictures.tiles import Region

MapRegions = Callable[[Image.Image], tuple[Region, ...]]

# Pictures that get a heat map where none was asked for by itself: each takes several inferences.
MOST_MAPS = 100
# As the cards stand.
_ORDER = (str(Label.FAKE), str(Label.UNSURE), str(Label.REAL), UNREADABLE)
_THUMBNAIL_CHARS, _LARGE_CHARS = 24_000_000, 12_000_000  # of all pictures of a page together
_THUMBNAIL_QUALITY = 70  # a thousand fit on a page that opens at once
_FEW = 3  # cards that stand open


@dataclass(kw_only=True)
class _Pictures:
    """Encoded pictures of a page. Beyond the limit those go that look the least like a fake."""

    most: int  # characters
    kept: dict[int, str] = field(default_factory=dict)  # by the card's number
    total: int = 0
    _order: list[tuple[tuple[int, float], int]] = field(default_factory=list)

    def add(self, number: int, rank: tuple[int, float], text: str) -> None:
        heapq.heappush(self._order, ((-rank[0], -rank[1]), number))
        self.kept[number] = text
        self.total += len(text)
        while self.total > self.most:
            _, last = heapq.heappop(self._order)
            self.total -= len(self.kept.pop(last))


@dataclass(frozen=True, kw_only=True)
class _Card:
    result: CheckedFile  # without its picture
    rank: tuple[int, float]  # FAKE first, then by P(fake)
    facts: tuple[tuple[str, str], ...]
    film: str  # HTML of a video's most suspicious moments
    is_tiny: bool  # shown pixel by pixel


class PageSink:
    """Collects results with their pictures; `save` writes the page."""

    def __init__(self, model: PageModel, map_regions: MapRegions | None = None) -> None:
        """`map_regions` makes the heat map of a picture whose result carries none, of the first pictures."""
        self._model, self._map_regions = model, map_regions
        self._cards: list[_Card] = []
        self._thumbnails = _Pictures(most=_THUMBNAIL_CHARS)
        self._large = _Pictures(most=_LARGE_CHARS)
        self._heats: dict[int, str] = {}
        self._maps = 0

    def write(self, result: CheckedFile) -> None:
        """Add one result."""
        number, rank = len(self._cards), _rank(result)
        image = result.image
        self._cards.append(
            _Card(
                result=_strip(result),
                rank=rank,
                facts=_list_facts(result),
                film=draw_stills(result),
                is_tiny=image is not None and is_tiny(image),
            )
        )
        if image is None or result.verdict is None:
            return
        thumbnail = shrink(image, THUMBNAIL)
        self._thumbnails.add(number, rank, to_data_url(thumbnail, _THUMBNAIL_QUALITY))
        if max(image.size) > THUMBNAIL:
            self._large.add(number, rank, to_data_url(shrink(image, LARGE)))
        self._heats[number] = self._draw_heat(image, result.grid, result.verdict.of_pixels)

    def save(self, path: Path) -> None:
        """Write the page to `path`, atomically."""
        counts = Counter(name_answer(card.result) for card in self._cards)
        numbers = sorted(range(len(self._cards)), key=lambda number: self._cards[number].rank)
        alone = " alone" if len(numbers) == 1 else ""
        body = (
            f"<div><h1>{count_answers(counts)}</h1><p>Model: {escape(self._model.contract.name)}. "
            '<a href="#model">What it cannot see</a></p></div>\n'
            f"{_draw_filter(counts)}"
            f'<section class="cards{alone}" aria-label="Pictures, the most suspicious first">\n'
            + "".join(self._draw_card(number, of=len(numbers)) for number in numbers)
            + f"</section>\n{draw_model(self._model)}{DIALOG}"
        )
        page = wrap_page(
            "fakelens: checked pictures", body, style=read_asset("check.css"), script=read_asset("check.js")
        )
        write_atomic(path, page.encode(errors="xmlcharrefreplace"))  # a file name need not be valid text

    def _draw_heat(self, image: Image.Image, grid: tuple[Region, ...], label: Label) -> str:
        if not grid and self._map_regions is not None and self._maps < MOST_MAPS:
            grid = self._map_regions(image)
            self._maps += 1
        return draw_heat(image, grid, label)

    def _draw_card(self, number: int, *, of: int) -> str:
        card = self._cards[number]
        large, heat = self._large.kept.get(number), self._heats.get(number, "")
        thumbnail = self._thumbnails.kept.get(number)
        if of == 1 and large is not None:  # it has room
            thumbnail, large = large, None
        picture = ""
        if thumbnail is not None:
            kept = heat if large is None else keep_large(large) + heat
            picture = draw_look(card.result.path, thumbnail, kept, is_tiny=card.is_tiny)
        return draw_card(
            card.result,
            self._model.decision,
            picture=picture,
            film=card.film,
            facts=card.facts,
            is_open=of <= _FEW,
        )


def _draw_filter(counts: Counter[str]) -> str:
    """Return the choice of what is shown; the stylesheet hides the rest."""
    if len(counts) < 2:
        return ""
    choices = [("all", f"All {sum(counts.values())}")]
    choices += [(name, f"{write_answer(name)} {counts[name]}") for name in _ORDER if counts[name]]
    labels = "".join(
        f'<label><input type="radio" name="show" id="show-{name}"{" checked" if name == "all" else ""}>'
        f"{text}</label>"
        for name, text in choices
    )
    return f'<fieldset class="chips"><legend>Show</legend>{labels}</fieldset>'


def _rank(result: CheckedFile) -> tuple[int, float]:
    p_fake = 0.0 if result.verdict is None else result.verdict.p_fake
    return _ORDER.index(name_answer(result)), -p_fake


def _strip(result: CheckedFile) -> CheckedFile:
    """Return `result` without what takes memory."""
    return replace(result, image=None, grid=(), stills=())


def _list_facts(result: CheckedFile) -> tuple[tuple[str, str], ...]:
    """Return what is to be known of the file itself: pixels, bytes, date, digest."""
    facts = list_picture_facts(result)
    path = Path(result.path)
    with suppress(OSError, ValueError):  # a file may be gone by now
        if not is_file(path):  # standard input or a pipe, which would be waited for
            return tuple(facts)
        status = path.stat()
        facts.append(("Size", f"{status.st_size:,} bytes"))
        facts.append(("Changed, UTC", show_time(datetime.fromtimestamp(status.st_mtime, UTC))))
        with path.open("rb") as file:
            facts.append(("sha256", hashlib.file_digest(file, "sha256").hexdigest()))
    return tuple(facts)
