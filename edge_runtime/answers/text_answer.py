"""The short answer on one picture as text: verdict, meaning, scale, evidence, next step, limits."""

import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from fakelens.edge_runtime.answers.ink import Ink, choose_ink
from fakelens.edge_runtime.answers.pages.words import (
    LIKE_A_CAMERA,
    LIKE_A_GENERATOR,
    STRENGTHS,
    advise,
    explain,
)
from fakelens.edge_runtime.answers.sinks import report_error, write_line
from fakelens.edge_runtime.answers.statements import sort_evidence
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.escape import escape_line, quote
from fakelens.edge_runtime.modelfile.contract import Contract, Decision
from fakelens.edge_runtime.provenance.evidence import NO_STATEMENT, Evidence

if TYPE_CHECKING:
    from fakelens.edge_runtime.pictures.video.still import Moment

_SCALE = 31  # characters
_USUAL_COLUMNS = 80  # where there is no terminal
_MOST_WIDE = 100  # characters a line
_MOST_STATEMENTS = 3
_SENTENCE = r"(?<=[.!?])\s+"  # what lies between two
_NAMES = 8  # characters of the names at the left


class AnswerSink:
    """Writes the answer on one file in a dozen lines; its first line is that of a file among many."""

    def __init__(self, stream: TextIO, contract: Contract, decision: Decision, model: str) -> None:
        """`model` is how the user names the model."""
        self._stream, self._contract, self._decision, self._model = stream, contract, decision, model
        self._ink = choose_ink(stream)

    def write(self, result: CheckedFile) -> None:
        """Write the answer, or one line to stderr where there is none."""
        if result.verdict is None:
            report_error(result)
            return
        lines = [write_line(result, self._ink), *self._explain(result)]
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()

    def _explain(self, result: CheckedFile) -> Iterator[str]:
        verdict = result.verdict
        assert verdict is not None
        width = min(_count_columns(), _MOST_WIDE)
        yield ""
        yield from textwrap.wrap(explain(verdict), width)
        yield ""
        scale = draw_scale(verdict.p_fake, self._decision, self._ink)
        yield scale if verdict.pixels_label is None else f"{scale}  (its pixels)"
        yield ""
        if verdict.evidence is not None:
            for name, statement in _list_statements(verdict.evidence):
                yield from _fold(name, statement, width)
        if len(result.moments) > 1:
            yield f"{'Time':<{_NAMES}}{draw_course(result.moments, self._ink)}"
        yield from _fold("Next", advise(verdict), width)
        for line in _fold("Limits", _say_limits(self._contract.limits, self._model, width - _NAMES), width):
            yield self._ink.dim(line)


def _count_columns() -> int:
    """Return the width of the terminal, as `shutil` does, which takes longer to load than this to write."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(1).columns or _USUAL_COLUMNS  # of stdout
    except OSError:  # it is none
        return _USUAL_COLUMNS


def _say_limits(limits: str, model: str, width: int) -> str:
    """Return one sentence: the first of the contract where it fits a line, else where all of them stand."""
    where = f"fakelens info {quote(model)}"
    if not limits.strip():
        return "The model is wrong at times; its maker does not say where."
    first = f"{re.split(_SENTENCE, limits.strip(), maxsplit=1)[0]} ({where})"
    return (
        first
        if len(escape_line(first)) <= width
        else f"The model is wrong at times, and this says where: {where}"
    )


def draw_scale(p_fake: float, decision: Decision, ink: Ink) -> str:
    """Return the scale from real to fake as one line of text: the band of UNSURE hatched, P(fake) a mark."""
    line, hatch, mark = "─/●" if ink.drawing else "-/O"
    cells = [
        hatch if decision.unsure_low <= (place + 0.5) / _SCALE <= decision.unsure_high else line
        for place in range(_SCALE)
    ]
    cells[min(int(p_fake * _SCALE), _SCALE - 1)] = mark
    return f"{LIKE_A_CAMERA}  {''.join(cells)}  {LIKE_A_GENERATOR}"


def draw_course(moments: "Sequence[Moment]", ink: Ink) -> str:
    """Return P(fake) over the length of a video as one line of text: high is like a generator."""
    steps = "▁▂▃▄▅▆▇█" if ink.drawing else "_.:-=+*#"
    bars = "".join(steps[min(int(moment.p_fake * len(steps)), len(steps) - 1)] for moment in moments)
    return f"{bars}  {moments[0].seconds:.1f} to {moments[-1].seconds:.1f} s"


def _list_statements(evidence: tuple[Evidence, ...]) -> Iterator[tuple[str, str]]:
    if not evidence:
        yield "File", NO_STATEMENT
    for place, item in enumerate(sort_evidence(evidence)[:_MOST_STATEMENTS]):
        words = f': "{item.words}"' if item.words else ""
        yield "" if place else "File", f"{STRENGTHS[item.strength]}: {item.what}{words}"
    if len(evidence) > _MOST_STATEMENTS:
        yield "", f"{len(evidence) - _MOST_STATEMENTS} more in --json"


def _fold(name: str, text: str, width: int) -> list[str]:
    """Return `text` in lines of `width` characters beside its `name`."""
    return textwrap.wrap(
        escape_line(text),
        width,
        initial_indent=f"{name:<{_NAMES}}",
        subsequent_indent=" " * _NAMES,
        break_on_hyphens=False,  # a command stays as it is typed
    )
