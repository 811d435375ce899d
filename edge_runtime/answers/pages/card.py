"""The answer card: what a page shows of one checked file."""

from collections.abc import Sequence

from fakelens.edge_runtime.answers.pages.parts import (
    draw_facts,
    draw_scale,
    draw_statements,
    draw_strip,
    escape,
)
from fakelens.edge_runtime.answers.pages.words import UNREADABLE, advise, explain
from fakelens.edge_runtime.answers.statements import sort_evidence
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Verdict
from fakelens.edge_runtime.modelfile.contract import Decision


def name_answer(result: CheckedFile) -> str:
    """Return the verdict's word in small letters, or `unreadable`."""
    return UNREADABLE if result.verdict is None else str(result.verdict.label)


def draw_card(
    result: CheckedFile,
    decision: Decision,
    *,
    picture: str = "",
    film: str = "",
    facts: Sequence[tuple[str, str]] = (),
    is_open: bool = False,
) -> str:
    """Return the card of `result`: verdict, what it means, scale, evidence, what to do next, `facts`.

    `picture` is HTML that stands on top of it, `film` HTML below the strip of a video. All but the answer
    lies in a part that opens, open where `is_open`.
    """
    return (
        f'<article class="card" data-label="{name_answer(result)}">{picture}'
        f"{_draw_answer(result, decision, film, facts, is_open)}</article>\n"
    )


def _draw_answer(
    result: CheckedFile, decision: Decision, film: str, facts: Sequence[tuple[str, str]], is_open: bool
) -> str:
    verdict = result.verdict
    head = f'<h2 class="verdict">{name_answer(result).upper()}</h2><p class="name">{escape(result.path)}</p>'
    if verdict is None:
        return f'<div class="answer">{head}<p class="meaning">{escape(result.error or "")}</p></div>'
    note = f'<p class="note">{escape(result.note)}</p>' if result.note else ""
    said = "" if verdict.evidence is None else draw_statements(sort_evidence(verdict.evidence))
    return (
        f'<div class="answer">{head}<p class="meaning">{escape(explain(verdict))}</p>'
        f"{_draw_score(verdict, decision)}"
        f"{draw_strip(result.moments, decision)}{film}{note}</div>"
        f"<details{' open' if is_open else ''}><summary>Evidence, next step, file</summary>"
        f'<div class="stack">{said}<p class="next"><strong>Next:</strong> {escape(advise(verdict))}</p>'
        f"{draw_facts(facts) if facts else ''}</div></details>"
    )


def _draw_score(verdict: Verdict, decision: Decision) -> str:
    """Return the scale; where the file's own statement decides, it says that the number is of the pixels."""
    if verdict.pixels_label is None:
        return draw_scale(verdict.p_fake, verdict.label, decision)
    return draw_scale(verdict.p_fake, verdict.of_pixels, decision, "P(fake) of its pixels alone")
