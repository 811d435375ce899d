"""Colours and links: on a terminal alone, and no name moves the cursor by them."""

import io
from pathlib import Path

import pytest

from fakelens.edge_runtime.answers.ink import Ink, choose_ink
from fakelens.edge_runtime.detection.verdict import Label


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def open_terminal(encoding: str = "utf-8") -> Terminal:
    return Terminal(io.BytesIO(), encoding=encoding)


def test_colours_and_links_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert choose_ink(open_terminal()) == Ink(colours=True, links=True, drawing=True)
    assert choose_ink(open_terminal("latin-1")) == Ink(colours=True, links=True)
    assert choose_ink(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == Ink(drawing=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert choose_ink(open_terminal()) == Ink(links=True, drawing=True)
    monkeypatch.setenv("TERM", "dumb")
    assert choose_ink(open_terminal()) == Ink(drawing=True)


def test_a_link_carries_the_path_and_shows_the_name(tmp_path: Path) -> None:
    picture = tmp_path / "a\x1b[2Kb.png"
    picture.touch()
    linked = Ink(links=True).link(str(picture))
    address, shown = linked.removeprefix("\x1b]8;;").removesuffix("\x1b]8;;\x1b\\").split("\x1b\\")
    assert address.startswith("file:///")
    assert address.endswith("a%1B%5B2Kb.png")
    assert shown.endswith(r"a\x1b[2Kb.png")
    assert Ink(links=True).link("gone.png") == "gone.png"
    assert Ink().paint("FAKE", Label.FAKE) == Ink().dim("FAKE") == "FAKE"
    assert Ink(colours=True).paint("FAKE", Label.FAKE).endswith("FAKE\x1b[0m")
