"""Colours and links of a terminal; plain text wherever the output goes elsewhere."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.escape import escape_line, is_text
from fakelens.edge_runtime.files import is_file

_RESET = "\x1b[0m"
_BOLD, _DIM = "\x1b[1m", "\x1b[2m"
_COLOURS = {Label.FAKE: "\x1b[1;33m", Label.REAL: "\x1b[1;36m", Label.UNSURE: _BOLD}


@dataclass(frozen=True, kw_only=True)
class Ink:
    """How text for people is written: plain, or with the colours and links of a terminal."""

    colours: bool = False
    links: bool = False
    drawing: bool = False  # whether the output takes more than ASCII

    def paint(self, text: str, label: Label) -> str:
        """Return `text` in the colour of an answer."""
        return f"{_COLOURS[label]}{text}{_RESET}" if self.colours else text

    def dim(self, text: str) -> str:
        """Return `text` as something that matters less."""
        return f"{_DIM}{text}{_RESET}" if self.colours else text

    def link(self, name: str) -> str:
        """Return a file's name, made safe, as a link to the file."""
        shown = escape_line(name)
        if not self.links or not is_text(name):
            return shown
        path = Path(name)
        if not is_file(path):
            return shown
        return f"\x1b]8;;{path.resolve().as_uri()}\x1b\\{shown}\x1b]8;;\x1b\\"


def choose_ink(stream: TextIO) -> Ink:
    """Return colours and links for a terminal, colours only where NO_COLOR is not set."""
    drawing = (stream.encoding or "").lower().replace("-", "") == "utf8"
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Ink(
        colours=is_terminal and not os.environ.get("NO_COLOR"),
        links=is_terminal,
        drawing=drawing,
    )
