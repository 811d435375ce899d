"""The picture of a card with its heat map, and what stands once on a page of cards: the model, the dialog."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from PIL import Image

from fakelens.edge_runtime.answers.heatmap import draw_tint
from fakelens.edge_runtime.answers.pages.parts import draw_facts, escape, to_data_url
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.modelfile.contract import Contract, Decision
from fakelens.edge_runtime.pictures.tiles import Region

THUMBNAIL, LARGE = 320, 1024  # px of the longer side, at most
_STILL = 120  # the same of a moment of a video
_UNKNOWN = "Its maker did not say."
_TINTS = "Orange is like a generator, blue like a camera."
_HEAT_NOTES = {
    Label.FAKE: f"Where the model sees traces. {_TINTS}",
    Label.UNSURE: f"{_TINTS} Faded: the answer is UNSURE, so single places say little.",
    Label.REAL: f"{_TINTS} Faded: single places of any photo look odd, which says nothing.",
}
# What check.js opens when a picture is clicked.
DIALOG = (
    '<dialog aria-labelledby="shown"><div class="bar">'
    '<button type="button" class="button" data-do="before">Previous</button>'
    '<button type="button" class="button" data-do="next">Next</button>'
    '<button type="button" class="button primary" data-do="close">Close</button>'
    '</div><div class="inside"></div></dialog>\n'
)


@dataclass(frozen=True, kw_only=True)
class PageModel:
    """What the page says of the model that answered."""

    contract: Contract
    decision: Decision  # the contract's, or moved by a stance
    sha256: str = ""  # of the model file


def draw_look(name: str, thumbnail: str, kept: str, *, is_tiny: bool) -> str:
    """Return the picture of a card as a button that opens it; `thumbnail` is its address.

    `kept` is HTML that lies beside it until then: the large picture, the heat map. A tiny one is shown pixel
    by pixel.
    """
    pixels = ' class="pixels"' if is_tiny else ""
    return (
        '<button type="button" class="look" aria-haspopup="dialog" '
        f'aria-label="Open {escape(name)}">'
        f'<img{pixels} alt="" loading="lazy" decoding="async" src="{thumbnail}"></button>'
        f"<template>{kept}</template>"
    )


def keep_large(address: str) -> str:
    """Return the large picture, for `kept` of `draw_look`."""
    return f'<img class="large" alt="" src="{address}">'


def draw_heat(image: Image.Image, grid: Sequence[Region], label: Label) -> str:
    """Return the heat map over `image`, for `kept` of `draw_look`; empty without a grid."""
    if not grid:
        return ""
    tint = to_data_url(draw_tint(image.size, grid, label))
    return f'<img class="heat" alt="{_HEAT_NOTES[label]}" src="{tint}">'


def draw_stills(result: CheckedFile) -> str:
    """Return the most suspicious moments of a video; empty for anything else."""
    if len(result.stills) < 2:
        return ""
    shown = "".join(
        f'<li><img alt="" loading="lazy" src="{to_data_url(shrink(still.image, _STILL))}">'
        f"<span>{still.seconds:.1f} s</span></li>"
        for still in result.stills
    )
    return f'<ul class="stills" aria-label="The most suspicious moments">{shown}</ul>'


def draw_model(model: PageModel) -> str:
    """Return what is to be known of the model, once a page."""
    contract, decision = model.contract, model.decision
    banded = decision.unsure_low <= decision.unsure_high
    facts = [
        ("Model", contract.name),
        ("FAKE from P(fake)", f"{decision.threshold:.3f}"),
        ("UNSURE", f"{decision.unsure_low:.3f} to {decision.unsure_high:.3f}" if banded else "no band"),
        ("fakelens", version("fakelens")),
        ("Checked, UTC", show_time(datetime.now(UTC))),
        ("Model file, sha256", model.sha256),
    ]
    known = [(name, value) for name, value in facts if value]
    return (
        f'<section class="panel" id="model"><h2>The model</h2><p>{escape(contract.description)}</p>'
        f"<h3>What it cannot see</h3><p>{escape(contract.limits or _UNKNOWN)}</p>"
        f'<div id="model-facts">{draw_facts(known)}</div></section>\n'
    )


def list_picture_facts(result: CheckedFile) -> list[tuple[str, str]]:
    """Return what is to be known of the picture itself: its pixels, what each of several views says.

    Of a single view it would be a second number for the answer, before the contract's scale.
    """
    facts: list[tuple[str, str]] = []
    if result.image is not None:
        facts.append(("Picture", "{} \u00d7 {} px".format(*result.image.size)))
    if result.verdict is not None and len(result.verdict.views) > 1:
        facts += [(f"View {view.name}", f"P(fake) {view.p_fake:.3f}") for view in result.verdict.views]
    return facts


def is_tiny(image: Image.Image) -> bool:
    """Return whether `image` is shown pixel by pixel."""
    return max(image.size) <= THUMBNAIL // 2


def show_time(time: datetime) -> str:
    """Return a time in UTC as people read it."""
    return f"{time:%Y-%m-%d %H:%M}"


def shrink(image: Image.Image, longest: int) -> Image.Image:
    """Return a copy for the eye alone, `longest` px at most: no model sees it."""
    factor = max(image.size) // (2 * longest)
    small = image.reduce(factor) if factor > 1 else image.copy()
    small.thumbnail((longest, longest))
    return small
