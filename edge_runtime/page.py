"""Results as one self-contained page with pictures, for people who would rather look than read."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from fakelens.edge_runtime.checked_file import CheckedFile
from fakelens.edge_runtime.contract import Contract
from fakelens.edge_runtime.encode import encode_jpeg, encode_png
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.statements import to_line
from fakelens.edge_runtime.video.still import Moment, Still

_STRIP = (160, 24)  # px
_THUMBNAIL = 160  # px, of the longer side, at most

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fakelens: {title}</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; color: #1d1d1f }}
 body {{ max-width: 76rem; margin: 2rem auto; padding: 0 1rem }}
 main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem }}
 figure {{ margin: 0; border-top: .4rem solid #767676; background: #f5f5f7; padding: .5rem }}
 .real {{ border-color: #0072b2 }} .fake {{ border-color: #e69f00 }}
 img {{ width: 100%; image-rendering: pixelated }} figcaption {{ font-size: .8rem; overflow-wrap: anywhere }}
 .stills {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: .3rem }}
 .note {{ color: #666 }} b {{ font-size: 1rem }}
</style>
<h1>{counts}</h1>
<p class="note">Model {title}: {description}. A verdict is evidence, no proof. {limits}</p>
<main>
"""


class PageSink:
    """Collects results with thumbnails; `save` writes the page."""

    def __init__(self) -> None:
        self._figures: list[str] = []
        self._counts: dict[str, int] = {}

    def write(self, result: CheckedFile) -> None:
        """Add one result."""
        name = "unreadable" if result.verdict is None else str(result.verdict.label)
        self._counts[name] = self._counts.get(name, 0) + 1
        caption = f"<b>{name.upper()}</b>"
        if result.verdict is not None:
            caption += f" P(fake) {result.verdict.p_fake:.3f}"
            if result.verdict.reason is not None:
                caption += f"<br>{result.verdict.reason.text}"
            caption += f"<br>{html.escape(to_line(result.verdict))}" if result.verdict.evidence else ""
        detail = html.escape(escape_line(result.error or result.path))
        detail += _draw_moments(result.moments) + _show_stills(result.stills)
        if result.note:
            detail += f"<br>{html.escape(escape_line(result.note))}"
        self._figures.append(
            f'<figure class="{name}">{_to_img(result)}'
            f"<figcaption>{caption}<br>{detail}</figcaption></figure>\n"
        )

    def save(self, path: Path, contract: Contract) -> None:
        """Write the page to `path`, atomically."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self._counts.items()))
        head = _HEAD.format(
            title=html.escape(contract.name),
            counts=counts or "no images",
            description=html.escape(contract.description or "no description"),
            limits=html.escape(contract.limits),
        )
        page = head + "".join(self._figures) + "</main>\n</html>\n"
        write_atomic(path, page.encode(errors="xmlcharrefreplace"))  # a file name need not be valid text


def _draw_moments(moments: Sequence[Moment]) -> str:
    """Return P(fake) over time as a strip: a bar for each picture of a video, orange from .5 on."""
    if len(moments) < 2:
        return ""
    width = _STRIP[0] / len(moments)
    bars = "".join(
        f'<rect x="{place * width:.2f}" y="{_STRIP[1] * (1 - moment.p_fake):.2f}" width="{width * 0.9:.2f}" '
        f'height="{_STRIP[1] * moment.p_fake:.2f}" fill="{"#e69f00" if moment.p_fake >= 0.5 else "#0072b2"}">'
        f"<title>{moment.seconds:.1f} s: {moment.p_fake:.3f}</title></rect>"
        for place, moment in enumerate(moments)
    )
    label = "P(fake) over time"
    return f'<br><svg viewBox="0 0 {_STRIP[0]} {_STRIP[1]}" role="img" aria-label="{label}">{bars}</svg>'


def _show_stills(stills: Sequence[Still]) -> str:
    """Return the most suspicious moments of a video, each with its time."""
    if len(stills) < 2:
        return ""
    shown = "".join(f"<span>{_encode(still.image)} {still.seconds:.1f} s</span>" for still in stills)
    return f'<div class="stills">{shown}</div>'


def _to_img(result: CheckedFile) -> str:
    return "" if result.image is None else _encode(result.image)


def _encode(image: Image.Image) -> str:
    """Return an element with a thumbnail of `image`."""
    return f'<img src="{to_thumbnail(image)}" alt="">'


def to_thumbnail(image: Image.Image) -> str:
    """Return the RGB `image`, reduced where it is large, as a URL that carries it."""
    factor = max(image.size) // (4 * _THUMBNAIL)
    image = image.reduce(factor) if factor > 1 else image.copy()
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))  # for the eye alone: no model sees it
    lossless = max(image.size) <= _THUMBNAIL // 2
    kind, content = ("png", encode_png(image)) if lossless else ("jpeg", encode_jpeg(image))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
