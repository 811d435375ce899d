"""The ledger of finished parts: a line each, with its lines, its digest and what they count to."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError

LEDGER_NAME = "parts.jsonl"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One finished part."""

    name: str
    lines: int
    sha256: str
    counts: dict[str, int]  # by outcome


def read_ledger(folder: Path) -> list[Part]:
    """Return the finished parts of `folder`; half a line that a kill left at the end counts for nothing."""
    path = folder / LEDGER_NAME
    if not path.exists():
        return []
    content = path.read_bytes()
    parts: list[Part] = []
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            parts.append(_to_part(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path}: line {number} is damaged; give another -o") from error
    return parts


def _to_part(row: dict[str, Any]) -> Part:
    """Return the part that `row` describes; `ValueError` or `TypeError` where it is none."""
    part = Part(**row)
    numbers = [part.lines, *dict(part.counts).values()]
    texts = [part.sha256, *part.counts]
    if not all(isinstance(text, str) for text in texts) or Path(part.name).name != part.name:
        raise TypeError("no text where there must be one")
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise TypeError("no number where there must be one")
    return part


def add_part(folder: Path, part: Part) -> None:
    """Add `part` to the ledger; it is on the disk when this returns."""
    path = folder / LEDGER_NAME
    with path.open("ab+") as file:
        _cut_half_line(file.fileno(), path)
        file.write((json.dumps(asdict(part)) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def total_counts(parts: list[Part]) -> Counter[str]:
    """Return the counts of all `parts` together."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.counts)
    return total


def name_parts(first: int = 0) -> Iterator[str]:
    """Yield the names of parts, without their suffixes."""
    while True:
        yield f"part-{first:05d}"
        first += 1


def _cut_half_line(descriptor: int, path: Path) -> None:
    content = path.read_bytes()
    half = len(content) - (content.rfind(b"\n") + 1)
    if half:
        os.ftruncate(descriptor, len(content) - half)
