"""One blue and one orange, wherever a colour has to be written a second time."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.answers import palette
from fakelens.edge_runtime.answers.pages.parts import read_asset

ROOT = Path(__file__).parents[3]


def test_the_stylesheet_has_the_colours_of_the_palette() -> None:
    text = read_asset("style.css")
    for name, colour in (("real", palette.REAL), ("fake", palette.FAKE), ("unsure", palette.UNSURE)):
        assert f"--{name}: {palette.to_hex(colour)};" in text


@pytest.mark.parametrize("colour", ["REAL", "FAKE"])
def test_the_heat_map_of_the_web_kit_has_them_too(colour: str) -> None:
    written = ", ".join(map(str, getattr(palette, colour)))
    text = (ROOT / "convert" / "ship" / "web" / "src" / "heat.ts").read_text()
    assert f"export const {colour}_RGB = [{written}] as const;" in text
