"""The parts of a page as HTML, and the page around them, all text escaped. Their look is in style.css."""

import base64
import html
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from PIL import Image

from fakelens.edge_runtime.answers.pages.words import (
    BETWEEN,
    CAUTION,
    EVIDENCE_NOT_PROOF,
    LIKE_A_CAMERA,
    LIKE_A_GENERATOR,
    STRENGTHS,
)
from fakelens.edge_runtime.detection.verdict import Label, decide
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.modelfile.contract import Decision
from fakelens.edge_runtime.pictures.encode import encode_jpeg, encode_png
from fakelens.edge_runtime.pictures.video.still import Moment
from fakelens.edge_runtime.provenance.evidence import NO_STATEMENT, Evidence

_STRIP = (320, 56)  # px
_PRIVATE = "Made on this device, nothing was sent"
_LONG = 24  # characters; a longer fact has a line of its own
_LOSSLESS = 96  # px of the longer side: smaller pictures go into a page as they are


@cache
def read_asset(name: str) -> str:
    """Return the text of a file beside this module: `style.css` is every page's look."""
    return files("fakelens.edge_runtime.answers.pages").joinpath(name).read_text(encoding="utf-8")


def escape(text: str) -> str:
    """Return `text` for a page; a file's name cannot turn its direction or begin a tag."""
    return html.escape(escape_line(text))


def wrap_page(title: str, body: str, *, style: str = "", script: str = "", promise: str = _PRIVATE) -> str:
    """Return a whole page round `body`, the inside of its `<main>`; it needs no other file.

    `promise` stands in its head.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{read_asset('style.css')}{style}</style>\n</head>\n<body>\n"
        f'<header class="top"><p class="wordmark">fakelens</p><p>{promise}</p></header>\n'
        f"<main>\n{body}</main>\n"
        f"<footer><p>{EVIDENCE_NOT_PROOF}. {CAUTION}</p></footer>\n"
        + (f"<script>\n{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )


def draw_scale(p_fake: float, label: Label, decision: Decision, name: str = "P(fake)") -> str:
    """Return P(fake) as a number and as a mark on the scale, with the hatched band of UNSURE."""
    banded = decision.unsure_low <= decision.unsure_high
    place = f"--p:{p_fake:.4f};--low:{decision.unsure_low:.4f};--high:{decision.unsure_high:.4f}"
    band = '<span class="band"></span>' if banded else '<span class="border"></span>'
    between = f'<span class="hatch">{BETWEEN}</span>' if banded else ""
    return (
        f'<div class="scale"><p class="score"><span>{name}</span> <b>{p_fake:.3f}</b></p>'
        f'<div class="track" role="meter" aria-label="{name}" aria-valuemin="0" aria-valuemax="1" '
        f'aria-valuenow="{p_fake:.3f}" aria-valuetext="{p_fake:.2f}, {label}" '
        f'style="{place};--border:{decision.threshold:.4f}">{band}<span class="mark"></span></div>'
        f'<p class="ends" aria-hidden="true"><span>{LIKE_A_CAMERA}</span>{between}'
        f"<span>{LIKE_A_GENERATOR}</span></p></div>"
    )


def draw_strip(moments: Sequence[Moment], decision: Decision) -> str:
    """Return P(fake) over time: a bar for each picture of a video, in the colour of its answer."""
    if len(moments) < 2:
        return ""
    wide, high = _STRIP
    width = wide / len(moments)
    bars = "".join(
        f'<rect class="{decide(moment.p_fake, decision)}" x="{place * width:.2f}" '
        f'y="{high * (1 - moment.p_fake):.2f}" width="{width * 0.9:.2f}" height="{high * moment.p_fake:.2f}">'
        f"<title>{moment.seconds:.1f} s: {moment.p_fake:.3f}</title></rect>"
        for place, moment in enumerate(moments)
    )
    highest = max(moments, key=lambda moment: moment.p_fake)
    label = f"P(fake) over time, highest {highest.p_fake:.2f} at {highest.seconds:.1f} s"
    return (
        f'<div><svg class="strip" viewBox="0 0 {wide} {high}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{bars}</svg><p class="ends" aria-hidden="true">'
        f"<span>{moments[0].seconds:.1f} s</span><span>P(fake) over time</span>"
        f"<span>{moments[-1].seconds:.1f} s</span></p></div>"
    )


def draw_statements(evidence: Sequence[Evidence]) -> str:
    """Return what a file says of itself as a list, in the order given."""
    items = [
        f"<strong>{STRENGTHS[item.strength]}</strong>: {escape(item.what)}"
        + (f": “{escape(item.words)}”" if item.words else "")
        + (f" ({escape(item.where)})" if item.where else "")
        for item in evidence
    ] or [f"{NO_STATEMENT[0].upper()}{NO_STATEMENT[1:]}."]
    lines = "".join(f"<li>{item}</li>" for item in items)
    return f'<div class="statements"><h3>What the file says of itself</h3><ul>{lines}</ul></div>'


def draw_facts(facts: Sequence[tuple[str, str]]) -> str:
    """Return pairs of a name and a value as a list; long values have a line of their own."""
    rows = "".join(
        f"<div{' class=long' if len(value) > _LONG else ''}>"
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts
    )
    return f'<dl class="facts">{rows}</dl>'


def to_data_url(image: Image.Image, quality: int = 85) -> str:
    """Return `image` as an address that carries it: JPEG, but PNG where it is tiny or transparent."""
    lossless = image.mode == "RGBA" or max(image.size) <= _LOSSLESS
    kind, content = ("png", encode_png(image)) if lossless else ("jpeg", encode_jpeg(image, quality))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
