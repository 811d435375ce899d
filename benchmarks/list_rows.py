"""The lines of a list of pictures, from CSV, TSV, JSON or JSON Lines, each with where it stands."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError

_JSON = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, kw_only=True)
class ListLine:
    """A line of a list, or an object of it."""

    where: str  # in words, to find it by
    cells: Mapping[str, Any]  # by the name of the column

    def read(self, column: str) -> str:
        """Return the text in `column`, empty where there is none."""
        value = self.cells.get(column)
        return "" if value is None else str(value).strip()


def read_lines(file: Path) -> list[ListLine]:
    """Return the lines of the list `file`, one or more; `UsageError` for what is no list."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file}: cannot read the list ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is no list, not text in UTF-8; a CSV or JSON file is needed") from error
    try:
        lines = _parse_json(text) if file.suffix.lower() in _JSON else list(_parse_csv(file, text))
    except (ValueError, csv.Error, RecursionError) as error:
        raise UsageError(
            f"{file}: is no list ({error}); a CSV with a line of column names is needed, or JSON with an "
            "object for each picture"
        ) from error
    if not lines:
        raise UsageError(f"{file}: the list is empty; it needs a line for each picture")
    return lines


def check_names(file: Path, names: Sequence[str]) -> None:
    """Raise `UsageError` where two columns of the CSV `file` have one of `names`: which counts is unclear."""
    for name, count in Counter(names).items():
        if name and count > 1:
            raise UsageError(f"{file}: has two columns {name!r}; rename one of them or take it out")


def _parse_csv(file: Path, text: str) -> Iterator[ListLine]:
    first = text.partition("\n")[0]
    # As from a file: a caption may hold a line break in quotes, or one that only Unicode takes for one.
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    check_names(file, reader.fieldnames or [])
    for row in reader:
        yield ListLine(where=f"line {reader.line_num}", cells={k: v for k, v in row.items() if k})


def _parse_json(text: str) -> list[ListLine]:
    """Return the objects of a JSON array, of the one array in an object, of JSON Lines, or path: label."""
    kind = "object"
    try:
        found: Any = json.loads(text, object_pairs_hook=_read_object)
    except json.JSONDecodeError:
        kind = "line"
        found = [_load_line(line) for line in text.split("\n")]
    if isinstance(found, dict):
        arrays = [value for value in found.values() if isinstance(value, list)]
        if len(arrays) == 1:
            found = arrays[0]
        elif not any(isinstance(value, dict | list) for value in found.values()):
            found = [{"path": path, "label": label} for path, label in found.items()]
    if not isinstance(found, list) or not all(isinstance(row, dict | None) for row in found):
        raise ValueError("not an object for each picture")
    return [
        ListLine(where=f"{kind} {number}", cells=cells)
        for number, cells in enumerate(found, 1)
        if cells is not None
    ]


def _load_line(line: str) -> Any:
    return json.loads(line, object_pairs_hook=_read_object) if line.strip() else None


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; `ValueError` where it says one thing twice."""
    cells = dict(pairs)
    if len(cells) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{name!r} stands twice in an object")
    return cells
