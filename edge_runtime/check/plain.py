"""The short way to a check: names, `--json` and `--model NAME` alone need no parser.

Loading Typer takes as long as all that a check of one picture needs beside it.
"""

import gc
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlainCheck:
    """What such words ask for."""

    names: tuple[str, ...]
    model: str | None = None
    json: bool = False


def read_plain(words: list[str]) -> PlainCheck | None:
    """Return what the `words` after `check` ask for; None where there is more in them."""
    names: list[str] = []
    model: str | None = None
    json = False
    rest = iter(words)
    for word in rest:
        if word == "--json":
            json = True
        elif word == "--model" and model is None:
            model = next(rest, "-")
            if model.startswith("-"):
                return None
        elif word.startswith("-") and word != "-":
            return None
        else:
            names.append(word)
    return PlainCheck(names=tuple(names), model=model, json=json) if names else None


def run_plain(plain: PlainCheck) -> int:
    """Run it, and return the exit code."""
    gc.disable()  # what is loaded stays: to look through it for garbage finds none
    from fakelens.edge_runtime.answers.output_format import Format
    from fakelens.edge_runtime.check.command import check_pictures
    from fakelens.edge_runtime.check.run import CheckRequest
    from fakelens.edge_runtime.pictures.preprocess import DecodeConfig

    gc.enable()
    request = CheckRequest(
        model=plain.model,
        output=Format.JSON if plain.json else Format.TEXT,
        decode=DecodeConfig(strict=False),
    )
    return check_pictures(list(plain.names), request)
