"""Rows of a table that survive a kill: a study that runs for hours goes on after its last finished row."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class KeptRows:
    """The rows that a study finished, one JSON object a line; without a file, none are kept."""

    path: Path | None
    study: str  # a digest of all that the rows have in common

    def find(self, row: str) -> Row | None:
        """Return what `row` of this study came to, None where it is still to be run."""
        for line in self._read():
            if (line["study"], line["row"]) == (self.study, row):
                return dict(line["values"])
        return None

    def add(self, row: str, values: Row) -> None:
        """Keep what `row` came to."""
        if self.path is None:
            return
        line = json.dumps({"study": self.study, "row": row, "values": values})
        before = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(("" if before.endswith("\n") or not before else "\n") + line + "\n")

    def _read(self) -> list[Row]:
        if self.path is None or not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}}")]  # a kill may cut one


def open_rows(path: Path | None, common: Mapping[str, object]) -> KeptRows:
    """Return the rows in the file `path` of the study that `common` describes.

    Rows of other settings may stand in the same file and are left alone. `UsageError` where `path` is
    something else, or lies nowhere.
    """
    digest = hashlib.sha256(json.dumps(common, sort_keys=True, default=str).encode()).hexdigest()[:20]
    rows = KeptRows(path=path, study=digest)
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"--keep {path}: no folder {path.parent}; create it first")
    try:
        rows.find("")
    except PermissionError:
        raise  # no damage: the line is of the rights
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--keep {path} holds no rows of a study; name another file") from error
    return rows
