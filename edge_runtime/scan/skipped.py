"""What a scan's inputs hold beside the pictures that are checked."""

from collections import Counter
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.pictures.formats import Kind, name_remedy
from fakelens.edge_runtime.run_layout import count_runs

_MOST_LINES = 20  # of what cannot be read; the rest is counted


class Skipped:
    """Counts what is skipped; it grows while inputs are read."""

    def __init__(self) -> None:
        self.needs: Counter[str] = Counter()  # pictures and videos that want a package
        self.others = 0  # no pictures
        self.runs = 0  # run directories, whose pictures are copies of those that were trained on
        self.unreadable = 0  # folders and files
        self.lines: list[str] = []  # of the first of them, one each

    def add_unreadable(self, line: str) -> None:
        """Count what cannot be read, and keep the line that says why."""
        self.unreadable += 1
        if len(self.lines) < _MOST_LINES:
            self.lines.append(to_text(line))

    def add_run(self, _: Path) -> None:
        """Count a run directory."""
        self.runs += 1

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a JSON object."""
        return {
            "needs": dict(self.needs),
            "not_images": self.others,
            "run_directories": self.runs,
            "unreadable": self.unreadable,
            "lines": self.lines,
        }


def describe_skipped(skipped: dict[str, Any]) -> list[str]:
    """Return a line for each kind of what was skipped, with its remedy."""
    lines = [
        f"{count} {kind}: {name_remedy(Kind(kind)) or 'run again: it can be read by now'}"
        for kind, count in sorted(skipped.get("needs", {}).items())
    ]
    if skipped.get("unreadable"):
        example = "".join(f", such as {line}" for line in skipped.get("lines", [])[:1])
        lines.append(f"{skipped['unreadable']} cannot be read{example}")
    if skipped.get("not_images"):
        lines.append(f"{skipped['not_images']} not images")
    if skipped.get("run_directories"):
        lines.append(count_runs(skipped["run_directories"]))
    return lines
