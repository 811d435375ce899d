"""What a verdict means, what to do next, and the caution: the same words on pages and in the terminal."""

from collections.abc import Mapping

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.provenance.evidence import Strength

LIKE_A_CAMERA, LIKE_A_GENERATOR, BETWEEN = "like a camera", "like a generator", "unsure"  # along the scale
CAUTION = (
    "A verdict says what the model finds in the pixels. It cannot tell whether a picture shows what its "
    "caption claims, and it is wrong at times. Weigh it with the source, the place, the time and other "
    "pictures."
)
EVIDENCE_NOT_PROOF = "Evidence, not proof"
SAYS_SO = "The file itself says that a generator made the picture."
MEANINGS = {
    Label.FAKE: "The model finds traces of a generator or of manipulation.",
    Label.REAL: "The model finds no traces that it knows. Generators that it never saw may leave none.",
    Label.UNSURE: "The score lies where the model is least certain. It does not tell either way.",
}
TURNED_OVER = "Mild recompression or scaling turns the answer over. It does not tell either way."
NEXT_STEPS = {
    Label.FAKE: "Find where the picture first appeared and who made it. Do not call it fake on this alone.",
    Label.REAL: "Ask who took it, where and when. No traces found does not make it a photo.",
    Label.UNSURE: "Ask for the original file and check that: screenshots and messengers leave less to see.",
}
NEXT_WITH_STATEMENT = (
    "Keep this very file: its statement is lost where a website or messenger saves it again."
)
NEXT_WITH_REASON = "Look for a larger, less compressed copy, at best the original file, and check that."
STRENGTHS = {
    Strength.DECLARES_GENERATED: "Declares a generator",
    Strength.DECLARES_EDITED: "Declares an edit by AI",
    Strength.SPEAKS_FOR_A_CAMERA: "Speaks for a camera",
    Strength.NOTE: "Note",
}
UNREADABLE = "unreadable"
_COUNTED = (*(str(label) for label in (Label.FAKE, Label.REAL, Label.UNSURE)), UNREADABLE)


def write_answer(name: str) -> str:
    """Return an answer's name as it is shown: `FAKE`, but `unreadable`."""
    return name if name == UNREADABLE else name.upper()


def count_answers(counts: Mapping[str, int]) -> str:
    """Return how many of each answer there are in one line: `37 pictures: 4 FAKE, 20 REAL, 13 UNSURE`."""
    total = sum(counts.values())
    each = ", ".join(f"{counts[name]} {write_answer(name)}" for name in _COUNTED if counts.get(name))
    return f"{total} {'picture' if total == 1 else 'pictures'}{f': {each}' if each else ''}"


def explain(verdict: Verdict) -> str:
    """Return what `verdict` means, in a sentence or two."""
    if verdict.unstable:
        return TURNED_OVER
    return explain_answer(verdict.label, verdict.reason, verdict.pixels_label)


def explain_answer(label: Label, reason: Reason | None, pixels_label: Label | None) -> str:
    """Return what an answer means; `reason` and `pixels_label` as `Verdict` has them."""
    if pixels_label is not None:
        return f"{SAYS_SO} Its pixels alone: {str(pixels_label).upper()}."
    return MEANINGS[label] if reason is None else f"The picture is {reason.text}."


def advise(verdict: Verdict) -> str:
    """Return what to do next."""
    if verdict.pixels_label is not None:
        return NEXT_WITH_STATEMENT
    return NEXT_WITH_REASON if verdict.reason is not None else NEXT_STEPS[verdict.label]
