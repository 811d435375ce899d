"""A file's statements for people and programs: a line of text, rows of JSON, a cell of CSV."""

from collections import Counter

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.verdict import Label, Verdict
from fakelens.edge_runtime.provenance.evidence import NO_STATEMENT, Evidence, Strength

_ORDER = tuple(Strength)  # the strongest first
_ALWAYS_SAID = ("contradiction", "the signature of")  # beside the strongest statement
_INDENT = " " * 7  # below the verdict's word


def to_rows(evidence: tuple[Evidence, ...]) -> list[dict[str, str]]:
    """Return `evidence` as JSON objects; a field that is empty is left out."""
    return [
        {
            name: str(value)
            for name, value in (
                ("source", item.source),
                ("strength", item.strength),
                ("what", item.what),
                ("words", item.words),
                ("where", item.where),
            )
            if value
        }
        for item in evidence
    ]


def to_cell(evidence: tuple[Evidence, ...]) -> str:
    """Return `evidence` in one cell, the strongest first."""
    return "; ".join(item.to_line() for item in sort_evidence(evidence))


def to_line(verdict: Verdict) -> str:
    """Return the strongest statement behind `verdict` in one line; empty where there is none."""
    return describe(verdict.evidence, verdict.pixels_label)


def describe(evidence: tuple[Evidence, ...] | None, pixels_label: Label | None) -> str:
    """Return the strongest of `evidence` in one line, with the pixels' answer where it decided instead."""
    if not evidence:
        return ""
    first, *others = sort_evidence(evidence)
    line = first.to_line()
    if pixels_label is not None:
        said = line.partition(": ")[2]
        line = f"says so itself: {said}; its pixels alone: {str(pixels_label).upper()}"
    line += "".join(f"; {item.what}" for item in others if item.what.startswith(_ALWAYS_SAID))
    rest = sum(not item.what.startswith(_ALWAYS_SAID) for item in others)
    return f"{line}; {rest} more in --json" if rest else line


def to_statements(verdict: Verdict) -> str:
    """Return the line under a verdict with its end; empty where there is none."""
    line = to_line(verdict)
    return f"{_INDENT}{line}\n" if line else ""


class StatementCount:
    """A sink that counts the files of a batch by the strongest statement in each."""

    def __init__(self) -> None:
        self._counts: Counter[Strength | None] = Counter()

    def write(self, result: CheckedFile) -> None:
        """Count one result, if its file was asked."""
        if result.verdict is not None and result.verdict.evidence is not None:
            strongest = [item.strength for item in sort_evidence(result.verdict.evidence)[:1]]
            self._counts[strongest[0] if strongest else None] += 1

    def describe(self, files: int) -> str:
        """Return one line on a batch of `files`; of one file that spoke its own line stands already."""
        asked = self._counts.total()
        if not asked or (files == 1 and not self._counts[None]):
            return ""
        if asked == self._counts[None]:
            return NO_STATEMENT if files > 1 else f"{_INDENT}{NO_STATEMENT}"
        found = ", ".join(f"{self._counts[name]} {name}" for name in _ORDER if self._counts[name])
        rest = f", {self._counts[None]} without ({NO_STATEMENT})" if self._counts[None] else ""
        return f"statements of the files: {found}{rest}"


def sort_evidence(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    """Return `evidence`, the strongest first."""
    return sorted(evidence, key=lambda item: _ORDER.index(item.strength))
