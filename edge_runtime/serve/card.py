"""The answer card of an uploaded picture, as on the page of `check --html`."""

import hashlib

from PIL import Image

from fakelens.edge_runtime.answers.pages.card import draw_card
from fakelens.edge_runtime.answers.pages.parts import to_data_url
from fakelens.edge_runtime.answers.pages.picture import (
    LARGE,
    draw_heat,
    draw_look,
    draw_stills,
    is_tiny,
    list_picture_facts,
    shrink,
)
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.modelfile.contract import Decision


def draw_upload(result: CheckedFile, content: bytes, decision: Decision) -> str:
    """Return the card of `result`, which is what `content` came to."""
    facts = list_picture_facts(result)
    facts += [("Size", f"{len(content):,} bytes"), ("sha256", hashlib.sha256(content).hexdigest())]
    picture = _draw_picture(result, result.image) if result.image is not None else ""
    return draw_card(result, decision, picture=picture, film=draw_stills(result), facts=facts, is_open=True)


def _draw_picture(result: CheckedFile, image: Image.Image) -> str:
    heat = "" if result.verdict is None else draw_heat(image, result.grid, result.verdict.of_pixels)
    return draw_look(result.path, to_data_url(shrink(image, LARGE)), heat, is_tiny=is_tiny(image))
